//! An answer that is worked out once for everybody who asks within seconds.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// The newest answer and until when it is given again.
///
/// Working it out must not become the machine's occupation: an answer that took a second to find
/// is given for twenty.
#[derive(Debug)]
pub(super) struct Kept<T> {
    at_least: Duration,
    newest: Mutex<Option<(Arc<T>, Instant)>>,
}

/// An answer is kept for this many times what it took.
const SHARE: u32 = 20;

impl<T> Kept<T> {
    pub(super) fn new(at_least: Duration) -> Self {
        Self { at_least, newest: Mutex::new(None) }
    }

    /// The kept answer while it is fresh, else a new one; who asks meanwhile waits for the same.
    pub(super) async fn get<E>(
        &self,
        find: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let mut newest = self.newest.lock().await;
        if let Some((answer, until)) = &*newest
            && Instant::now() < *until
        {
            return Ok(answer.clone());
        }
        let begun = Instant::now();
        let answer = Arc::new(find.await?);
        let keep = keep_for(self.at_least, begun.elapsed());
        *newest = Some((answer.clone(), Instant::now() + keep));
        Ok(answer)
    }
}

/// How long an answer is given that took so long to find; a zero is for tests, where every look
/// is a new one.
fn keep_for(at_least: Duration, took: Duration) -> Duration {
    if at_least.is_zero() { at_least } else { at_least.max(took * SHARE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dear_answer_is_given_for_longer() {
        let second = Duration::from_secs(1);
        for (at_least, took, keep) in [
            (5 * second, Duration::ZERO, 5 * second),
            (5 * second, second / 10, 5 * second),
            (5 * second, second, 20 * second),
            (Duration::ZERO, second, Duration::ZERO),
        ] {
            assert_eq!(keep_for(at_least, took), keep, "{took:?}");
        }
    }

    async fn ask(kept: &Kept<u32>, answer: u32) -> u32 {
        *kept.get(async { Ok::<_, ()>(answer) }).await.unwrap()
    }

    #[tokio::test]
    async fn a_fresh_answer_is_given_again_and_a_failure_is_not() {
        let kept = Kept::new(Duration::from_secs(3600));
        assert_eq!(kept.get(async { Err::<u32, _>("no") }).await, Err("no"));
        assert_eq!(ask(&kept, 1).await, 1);
        assert_eq!(ask(&kept, 2).await, 1);
        let none_kept = Kept::new(Duration::ZERO);
        assert_eq!(ask(&none_kept, 1).await, 1);
        assert_eq!(ask(&none_kept, 2).await, 2);
    }
}
