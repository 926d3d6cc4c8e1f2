//! Builds those who are told from the configuration.

use std::time::Duration;

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use url::Url;

use crate::config::{self, Config, SecretSource};
use crate::exit::{Exit, Failure};
use crate::notify::{
    Address, Limits, Messenger, Messengers, Outbound, Ping, PingTarget, ReadSecret, Way,
};
use crate::telemetry;

/// How long a command may run.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everybody whom `[notify]` names, each once, and the end of the ping that passes hold.
///
/// Secrets are read when a message is sent, so that a changed one needs no restart. A target is
/// known by where its address comes from: one that moved to another file is a new one.
pub fn messengers(config: &Config) -> Result<(Messengers, Ping), Failure> {
    let notify = &config.notify;
    let outbound = Outbound::new(Limits::default()).map_err(|error| {
        Failure::new(Exit::Unavailable, "could not prepare the connections to those who are told")
            .caused_by(error)
    })?;
    let mut messengers: Vec<Messenger> = Vec::new();
    for address in &notify.webhooks {
        let way = Way::Webhook {
            address: self::address(address),
            secret: notify.webhook_secret.as_ref().map(secret),
            outbound: outbound.clone(),
        };
        add(&mut messengers, "webhook", &place(address), &identity(address), way);
    }
    for words in &notify.commands {
        let way = Way::Command { words: words.clone(), patience: PATIENCE };
        let program = words.first().cloned().unwrap_or_default();
        add(&mut messengers, "command", &program, &format!("{words:?}"), way);
    }
    for address in &notify.ntfy {
        let way = Way::Ntfy { address: self::address(address), outbound: outbound.clone() };
        add(&mut messengers, "ntfy", &place(address), &identity(address), way);
    }
    let (ping, pings) = match &notify.ping_url {
        Some(address) => {
            let name = format!("ping {}", place(address));
            let target = PingTarget { name, address: self::address(address), outbound };
            let (ping, queue) = Ping::to(target);
            (ping, Some(queue))
        }
        None => (Ping::default(), None),
    };
    Ok((Messengers { messengers, pings, wanted: notify.events.clone() }, ping))
}

fn add(messengers: &mut Vec<Messenger>, kind: &str, place: &str, identity: &str, way: Way) {
    let digest = Sha256::digest(format!("{kind} {identity}"));
    let number = digest.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let target = format!("{kind} {number:012x}");
    if messengers.iter().any(|known| known.target == target) {
        return;
    }
    let name = format!("{kind} {place}");
    let same = messengers.iter().filter(|known| known.name.starts_with(&name)).count();
    let name = if same == 0 { name } else { format!("{name} ({})", same + 1) };
    messengers.push(Messenger { target, name, way });
}

/// What an address may be called: its host, or where the secret is kept.
fn place(address: &config::Address) -> String {
    match address {
        config::Address::Plain(url) => url.host_str().unwrap_or_default().to_owned(),
        config::Address::Secret(source) => format!("from {source}"),
    }
}

fn identity(address: &config::Address) -> String {
    match address {
        config::Address::Plain(url) => url.to_string(),
        config::Address::Secret(source) => format!("{source:?}"),
    }
}

fn address(address: &config::Address) -> Address {
    match address {
        config::Address::Plain(url) => {
            hide_parts(url);
            Address::Plain(url.clone())
        }
        config::Address::Secret(source) => Address::Secret(secret(source)),
    }
}

/// Whoever knows an address can often post there: it is never printed, plain or not.
fn hide_parts(url: &Url) {
    telemetry::never_print(url.as_str());
    if url.path().len() > 16 {
        telemetry::never_print(url.path());
    }
    url.query().into_iter().for_each(telemetry::never_print);
    url.password().into_iter().for_each(telemetry::never_print);
}

fn secret(source: &SecretSource) -> ReadSecret {
    let source = source.clone();
    ReadSecret::new(move || {
        let secret = source.read().map_err(|error| error.to_string())?;
        telemetry::never_print(secret.expose_secret());
        if let Ok(url) = secret.expose_secret().parse::<Url>() {
            hide_parts(&url);
        }
        Ok(secret)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messenger_names(addresses: &[&str]) -> Vec<(String, String)> {
        let mut messengers = Vec::new();
        for text in addresses {
            let address = config::Address::Plain(text.parse().unwrap());
            let way = Way::Command { words: Vec::new(), patience: PATIENCE };
            add(&mut messengers, "webhook", &place(&address), &identity(&address), way);
        }
        messengers.into_iter().map(|known| (known.target, known.name)).collect()
    }

    #[test]
    fn a_target_is_named_by_its_host_and_never_by_what_lets_others_post_there() {
        let known = messenger_names(&[
            "https://user:canary@hooks.example.org/canary?canary",
            "https://hooks.example.org/other",
            "https://hooks.example.org/other",
        ]);
        let names: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["webhook hooks.example.org", "webhook hooks.example.org (2)"]);
        for (target, name) in &known {
            assert!(!target.contains("canary") && !name.contains("canary"), "{target} {name}");
            assert_eq!(target.len(), "webhook ".len() + 12);
        }
    }
}
