//! The two documented writes. They exist so that tests can assert nobody calls them by accident.

use crate::host::Login;
use crate::json::Json;
use crate::world::{MediaKind, Product, World};

use super::error::{ErrorKind, GraphError};
use super::query::Params;

/// `POST /{media}?comment_enabled=…`
pub(crate) fn comment_enabled(
    world: &mut World,
    index: u32,
    params: &Params,
    json: &mut Json,
) -> Result<(), GraphError> {
    let enabled = match params.get("comment_enabled") {
        Some("true" | "1") => true,
        Some("false" | "0") => false,
        Some(_) => {
            return Err(GraphError::bad_parameter("Param comment_enabled must be a boolean"));
        }
        None => {
            return Err(GraphError::bad_parameter("The parameter comment_enabled is required"));
        }
    };
    let medium = &mut world.media[index as usize];
    if medium.kind == MediaKind::Broadcast || medium.is_child() {
        return Err(GraphError::new(100, "Comments of this media cannot be switched"));
    }
    medium.comments_enabled = enabled;
    json.raw(r#"{"success":true}"#);
    Ok(())
}

/// `DELETE /{media}`: posts, stories and whole albums; neither slides nor broadcasts.
pub(crate) fn delete(
    world: &mut World,
    index: u32,
    login: Login,
    json: &mut Json,
) -> Result<(), GraphError> {
    let medium = world.medium(index);
    let id = medium.id;
    if login == Login::Instagram {
        return Err(GraphError::no_object(&id.to_string(), "delete"));
    }
    if medium.is_child() || medium.product == Product::Live {
        return Err(GraphError::new(-1, "Fatal")
            .plain()
            .kind(ErrorKind::OAuth)
            .subcode(2_207_073)
            .transient(false)
            .titled(
                "Media Type Not Supported",
                "Deleting is not supported for this type of media.",
            ));
    }
    world.remove(index, crate::world::State::Deleted);
    json.open();
    json.key("success");
    json.flag(true);
    json.id_field("deleted_id", id);
    json.close();
    Ok(())
}
