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

/// How long an answer is given again that took so long to find.
fn keep_for(at_least: Duration, took: Duration) -> Duration {
    // A zero is for tests: there every look is a new one.
    if at_least.is_zero() { Duration::ZERO } else { at_least.max(took * SHARE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(kept: &Kept<u32>, answer: u32) -> u32 {
        *kept.get(async { Ok::<_, ()>(answer) }).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_given_again_for_a_while() {
        let kept = Kept::new(Duration::from_secs(3_600));
        assert_eq!(ask(&kept, 1).await, 1);
        assert_eq!(ask(&kept, 2).await, 1);
        let fresh = Kept::new(Duration::ZERO);
        assert_eq!(ask(&fresh, 1).await, 1);
        assert_eq!(ask(&fresh, 2).await, 2);
    }

    #[test]
    fn what_was_dear_is_kept_for_longer() {
        let second = Duration::from_secs(1);
        assert_eq!(keep_for(5 * second, second / 100), 5 * second);
        assert_eq!(keep_for(5 * second, second), 20 * second);
        assert_eq!(keep_for(Duration::ZERO, second), Duration::ZERO);
    }

    #[tokio::test]
    async fn what_failed_is_not_kept() {
        let kept = Kept::new(Duration::from_secs(3_600));
        assert_eq!(kept.get(async { Err::<u32, _>("no") }).await, Err("no"));
        assert_eq!(ask(&kept, 1).await, 1);
    }
}
