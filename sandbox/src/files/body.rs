//! A body that is sent step by step, so that it can pause, trickle and break off.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;

use super::counters::Counting;

/// Bytes are handed over in pieces of at most this size, so that the counters follow the socket.
const PIECE: usize = 256 << 10;

/// One thing that happens on the connection.
#[derive(Debug)]
pub(super) enum Step {
    Send(Bytes),
    Pause(Duration),
    /// Ends the connection without ending the body.
    Abort,
}

/// A body that takes these steps and counts what it hands over.
pub(super) fn body(steps: VecDeque<Step>, counting: Arc<Counting>) -> Body {
    Body::from_stream(stream::unfold((steps, counting), |(mut steps, counting)| async move {
        loop {
            match steps.pop_front()? {
                Step::Send(mut bytes) => {
                    if bytes.len() > PIECE {
                        steps.push_front(Step::Send(bytes.split_off(PIECE)));
                    }
                    counting.sent(bytes.len());
                    return Some((Ok(bytes), (steps, counting)));
                }
                Step::Pause(length) => tokio::time::sleep(length).await,
                Step::Abort => {
                    let error = io::Error::new(io::ErrorKind::ConnectionAborted, "fault: cut");
                    return Some((Err(error), (steps, counting)));
                }
            }
        }
    }))
}
