//! What happens to the work, told to the one thread that waits for it. A signal's handler may do next to nothing, so it
//! rings: it writes a byte to the socket on which that thread sleeps. The work rings too, so that no thread is needed whose
//! only task would be to pass signals on.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use crate::outcome::shown::Outcome;

/// What happens to the work.
#[allow(clippy::large_enum_variant, reason = "one is made in a run")]
pub(super) enum Event {
    Done(Outcome),
    /// SIGTERM or SIGINT.
    StopAsked,
    /// A fault in this program, and where: file and line, never a value.
    Panicked(String),
}

/// Tells of events, from any thread.
#[derive(Clone)]
pub(super) struct Teller {
    events: Sender<Event>,
    bell: Option<bell::Button>,
}

/// Waits for them, in the order in which they happened.
pub(super) struct Happened {
    events: Receiver<Event>,
    bell: Option<bell::Bell>,
}

/// Both ends. From now on SIGTERM and SIGINT are events; where there is no socket to be had, they end the process at once, as
/// they end any other program.
pub(super) fn channel() -> (Teller, Happened) {
    let (told, events) = mpsc::channel();
    let (button, bell) = bell::hang_up().ok().unzip();
    (
        Teller {
            events: told,
            bell: button,
        },
        Happened { events, bell },
    )
}

impl Teller {
    /// Whether there is still somebody to be told.
    pub(super) fn tell(&self, event: Event) -> bool {
        // First the event: whoever the bell wakes finds it there.
        self.events.send(event).is_ok() && self.bell.as_ref().is_none_or(bell::Button::press)
    }
}

impl Happened {
    /// The next event, or `None` where none happens for so long.
    pub(super) fn next(&self, wait: Duration) -> Option<Event> {
        let Some(bell) = &self.bell else {
            return self.events.recv_timeout(wait).ok();
        };
        match bell.wait(wait)? {
            bell::Ring::Told => self.events.try_recv().ok(),
            bell::Ring::Signal => Some(Event::StopAsked),
        }
    }
}

#[cfg(unix)]
mod bell {
    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;
    use signal_hook::low_level::pipe;

    pub(super) struct Bell {
        rings: UnixStream,
        /// Whether the next signal ends the process, as it ends any other program.
        unheard: Arc<AtomicBool>,
    }

    #[derive(Clone)]
    pub(super) struct Button(Arc<UnixStream>);

    /// Who rang.
    pub(super) enum Ring {
        Told,
        Signal,
    }

    pub(super) fn hang_up() -> io::Result<(Button, Bell)> {
        let (bell, button) = UnixStream::pair()?;
        let buttons = [button.try_clone()?, button.try_clone()?];
        // Until all is in place, and for good where it does not come to that.
        let unheard = Arc::new(AtomicBool::new(true));
        for (signal, button) in SIGNALS.into_iter().zip(buttons) {
            flag::register_conditional_default(signal, Arc::clone(&unheard))?;
            pipe::register(signal, button)?;
        }
        unheard.store(false, Ordering::SeqCst);
        Ok((Button(Arc::new(button)), Bell { rings: bell, unheard }))
    }

    impl Button {
        pub(super) fn press(&self) -> bool {
            (&*self.0).write_all(&[TOLD]).is_ok()
        }
    }

    impl Bell {
        /// Waits a little longer than it should rather than shorter.
        pub(super) fn wait(&self, wait: Duration) -> Option<Ring> {
            let end = Instant::now() + wait;
            loop {
                // No time at all would mean for ever.
                let left = end.saturating_duration_since(Instant::now()).max(SHORTEST);
                self.rings.set_read_timeout(Some(left)).ok()?;
                let mut ring = [0];
                match (&self.rings).read(&mut ring) {
                    Ok(1) if ring == [TOLD] => return Some(Ring::Told),
                    Ok(1) => return Some(Ring::Signal),
                    // Signals interrupt: those that ring, whose byte is read next, and others, such as SIGCONT.
                    Err(error) if error.kind() == io::ErrorKind::Interrupted && Instant::now() < end => {}
                    _ => return None,
                }
            }
        }
    }

    impl Drop for Bell {
        /// The outcome is known, and only a reader that does not read can hold up its writing. One more signal leaves it the
        /// time to; the one after that is not for asking.
        fn drop(&mut self) {
            for signal in SIGNALS {
                // Where this fails, the process ends by SIGKILL alone, as it would have without.
                let _ = flag::register(signal, Arc::clone(&self.unheard));
            }
        }
    }

    const SIGNALS: [i32; 2] = [SIGTERM, SIGINT];

    /// Any byte but `X`, which is what signals write.
    const TOLD: u8 = b'!';

    const SHORTEST: Duration = Duration::from_millis(1);
}

#[cfg(not(unix))]
mod bell {
    use std::io;
    use std::time::Duration;

    /// There is none: the channel alone is waited on.
    pub(super) enum Bell {}

    #[derive(Clone)]
    pub(super) enum Button {}

    pub(super) enum Ring {
        Told,
        Signal,
    }

    pub(super) fn hang_up() -> io::Result<(Button, Bell)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    impl Button {
        pub(super) fn press(&self) -> bool {
            match *self {}
        }
    }

    impl Bell {
        pub(super) fn wait(&self, _: Duration) -> Option<Ring> {
            match *self {}
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn events_come_in_the_order_in_which_they_happened() {
        let (teller, happened) = channel();
        assert!(happened.next(Duration::from_millis(10)).is_none());
        assert!(teller.tell(Event::Panicked("here".to_owned())));
        signal_hook::low_level::raise(signal_hook::consts::SIGTERM).unwrap();
        assert!(matches!(happened.next(Duration::from_secs(9)), Some(Event::Panicked(place)) if place == "here"));
        assert!(matches!(happened.next(Duration::from_secs(9)), Some(Event::StopAsked)));
        assert!(happened.next(Duration::ZERO).is_none());
    }

    #[test]
    fn who_waits_is_woken() {
        let (teller, happened) = channel();
        let started = Instant::now();
        let telling = thread::spawn(move || teller.tell(Event::StopAsked));
        assert!(matches!(happened.next(Duration::from_secs(60)), Some(Event::StopAsked)));
        assert!(started.elapsed() < Duration::from_secs(30));
        assert!(telling.join().unwrap());
    }
}
