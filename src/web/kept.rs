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
        let keep = self.at_least.max(begun.elapsed() * SHARE);
        // A zero is for tests: there every look is a new one.
        let keep = if self.at_least.is_zero() { Duration::ZERO } else { keep };
        *newest = Some((answer.clone(), Instant::now() + keep));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(kept: &Kept<u32>, answer: u32, takes: Duration) -> u32 {
        let find = async {
            tokio::time::sleep(takes).await;
            Ok::<_, ()>(answer)
        };
        *kept.get(find).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_given_again_for_a_while_and_longer_when_it_was_dear() {
        let kept = Kept::new(Duration::from_secs(5));
        let second = Duration::from_secs(1);
        assert_eq!(ask(&kept, 1, Duration::ZERO).await, 1);
        assert_eq!(ask(&kept, 2, Duration::ZERO).await, 1);
        tokio::time::sleep(5 * second).await;
        assert_eq!(ask(&kept, 3, second).await, 3);
        tokio::time::sleep(19 * second).await;
        assert_eq!(ask(&kept, 4, second).await, 3);
        tokio::time::sleep(2 * second).await;
        assert_eq!(ask(&kept, 5, second).await, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_is_not_kept() {
        let kept = Kept::new(Duration::from_secs(5));
        assert_eq!(kept.get(async { Err::<u32, _>("no") }).await, Err("no"));
        assert_eq!(ask(&kept, 1, Duration::ZERO).await, 1);
    }
}
