//! Whether a daemon runs, from what it left behind and who holds the archive.

use super::Timestamp;

/// The stay of the daemon that came last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    pub pid: u32,
    pub started_at: Timestamp,
    pub stopped_at: Option<Timestamp>,
}

/// Who holds the archive for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Nobody,
    Process(u32),
    /// Somebody, whose number could not be read.
    Unknown,
}

/// What became of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// None has ever worked on this archive.
    Never,
    Running {
        since: Timestamp,
    },
    Stopped {
        at: Timestamp,
    },
    /// It did not say that it stopped: it was killed, or the machine went down.
    Vanished {
        started_at: Timestamp,
    },
}

/// Decides from the last daemon's own record and the lock.
///
/// A record without an end is a running daemon only while that very process holds the lock: a
/// command that works on the archive after a daemon was killed holds it too.
pub fn of_daemon(last: Option<&Stay>, holder: Holder) -> Liveness {
    let Some(stay) = last else { return Liveness::Never };
    let started_at = stay.started_at;
    match (stay.stopped_at, holder) {
        (Some(at), Holder::Nobody | Holder::Process(_) | Holder::Unknown) => {
            Liveness::Stopped { at }
        }
        (None, Holder::Process(pid)) if pid == stay.pid => Liveness::Running { since: started_at },
        (None, Holder::Unknown) => Liveness::Running { since: started_at },
        (None, Holder::Nobody | Holder::Process(_)) => Liveness::Vanished { started_at },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_runs_while_its_process_holds_the_archive() {
        let started_at = Timestamp::from_unix(100).unwrap();
        let at = Timestamp::from_unix(200).unwrap();
        let open = Stay { pid: 7, started_at, stopped_at: None };
        let ended = Stay { stopped_at: Some(at), ..open };
        let running = Liveness::Running { since: started_at };
        let vanished = Liveness::Vanished { started_at };
        for (last, holder, expected) in [
            (None, Holder::Nobody, Liveness::Never),
            (None, Holder::Process(7), Liveness::Never),
            (Some(open), Holder::Process(7), running),
            (Some(open), Holder::Unknown, running),
            (Some(open), Holder::Process(8), vanished),
            (Some(open), Holder::Nobody, vanished),
            (Some(ended), Holder::Nobody, Liveness::Stopped { at }),
            (Some(ended), Holder::Process(7), Liveness::Stopped { at }),
        ] {
            assert_eq!(of_daemon(last.as_ref(), holder), expected, "{last:?} {holder:?}");
        }
    }
}
