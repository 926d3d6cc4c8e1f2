//! The way in for everybody else: jobs for the thread that owns the writing connection.

use std::any::Any;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::open;
use super::{CatalogError, CatalogOptions, Writer};

/// Jobs that may wait for the thread before callers have to.
const WAITING: usize = 64;

type Job = Box<dyn FnOnce(&mut Writer) + Send>;

enum Message {
    Run(Job),
    /// The last message: what stands behind it in the queue still runs.
    Close,
}

/// A handle to the catalog's writer; clones share it.
///
/// One thread owns the connection and runs the jobs in the order they came. When the last handle
/// is dropped the thread finishes what it has and ends.
#[derive(Clone)]
pub struct Catalog {
    inner: Arc<Inner>,
}

struct Inner {
    jobs: Mutex<Option<mpsc::Sender<Message>>>,
    thread: Mutex<Option<JoinHandle<Result<(), CatalogError>>>>,
}

impl Catalog {
    /// Opens the catalog at `path`, creating it or bringing it to this program's schema.
    ///
    /// An existing catalog is copied to `backups/` beside it before it is migrated. A file of a
    /// newer program, of another program or of another archive is refused and left as it is.
    pub fn open(path: &Path, options: &CatalogOptions) -> Result<Self, CatalogError> {
        let writer = Writer::new(open::to_write(path, options)?, options.caution);
        let (sender, jobs) = mpsc::channel(WAITING);
        let thread = thread::Builder::new()
            .name("catalog".to_owned())
            .spawn(move || serve(writer, jobs))
            .map_err(|source| CatalogError::File { path: path.to_owned(), source })?;
        let inner = Inner { jobs: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs a job on the writer's thread and waits for its answer.
    ///
    /// Once accepted, a job runs even if the caller stops waiting. A job that panics is an error
    /// for its caller alone, and what it had not committed is rolled back.
    pub async fn call<R, F>(&self, job: F) -> Result<R, CatalogError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Writer) -> Result<R, CatalogError> + Send + 'static,
    {
        let (job, answer) = boxed(job);
        self.sender()?.send(Message::Run(job)).await.map_err(|_| CatalogError::Closed)?;
        answer.await.map_err(|_| CatalogError::Closed)?
    }

    /// As [`Catalog::call`], for threads outside of the asynchronous runtime.
    pub fn call_blocking<R, F>(&self, job: F) -> Result<R, CatalogError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Writer) -> Result<R, CatalogError> + Send + 'static,
    {
        let (job, answer) = boxed(job);
        self.sender()?.blocking_send(Message::Run(job)).map_err(|_| CatalogError::Closed)?;
        answer.blocking_recv().map_err(|_| CatalogError::Closed)?
    }

    /// Finishes the jobs that wait, checkpoints and closes; other handles then find it closed.
    ///
    /// The `-wal` and `-shm` files stay, so that a reader without write permission can still open
    /// the catalog.
    pub async fn close(self) -> Result<(), CatalogError> {
        let (job, answer) = boxed(|writer: &mut Writer| writer.checkpoint());
        let Some(sender) = self.inner.take_sender() else { return Err(CatalogError::Closed) };
        sender.send(Message::Run(job)).await.map_err(|_| CatalogError::Closed)?;
        sender.send(Message::Close).await.map_err(|_| CatalogError::Closed)?;
        answer.await.map_err(|_| CatalogError::Closed)??;
        self.inner.join()
    }

    fn sender(&self) -> Result<mpsc::Sender<Message>, CatalogError> {
        let jobs = self.inner.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.clone().ok_or(CatalogError::Closed)
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").finish_non_exhaustive()
    }
}

impl Inner {
    fn take_sender(&self) -> Option<mpsc::Sender<Message>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits for the thread, unless this is the thread: a job may own the last handle.
    fn join(&self) -> Result<(), CatalogError> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread {
            Some(thread) if thread.thread().id() != thread::current().id() => {
                thread.join().map_err(|panic| CatalogError::Panicked(said(&*panic)))?
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.take_sender());
        // Closing failed at worst; every commit was already acknowledged.
        drop(self.join());
    }
}

fn serve(mut writer: Writer, mut jobs: mpsc::Receiver<Message>) -> Result<(), CatalogError> {
    while let Some(Message::Run(job)) = jobs.blocking_recv() {
        job(&mut writer);
    }
    // Not `blocking_recv`: a caller that is not polled any more may hold a place in the queue.
    while let Ok(Message::Run(job)) = jobs.try_recv() {
        job(&mut writer);
    }
    writer.close()
}

/// Wraps a job so that its answer, or its panic, goes to whoever waits.
fn boxed<R, F>(job: F) -> (Job, oneshot::Receiver<Result<R, CatalogError>>)
where
    R: Send + 'static,
    F: FnOnce(&mut Writer) -> Result<R, CatalogError> + Send + 'static,
{
    let (sender, answer) = oneshot::channel();
    let job = Box::new(move |writer: &mut Writer| {
        let result = panic::catch_unwind(AssertUnwindSafe(|| job(writer)));
        let result = result.unwrap_or_else(|panic| Err(CatalogError::Panicked(said(&*panic))));
        // Nobody waits any more: the job is done all the same.
        drop(sender.send(result));
    });
    (job, answer)
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
