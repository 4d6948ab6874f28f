//! stdin, stdout and stderr as runners hand them over: pipes that do not block, pipes that nobody closes, disks that are
//! full. Rust's own take a pipe that is not ready for a broken one, and a stream that cannot be written for an empty one.

#[cfg(unix)]
pub(super) use unix::{input, output_of_errors, output_of_results, survive_full_files};

#[cfg(not(unix))]
pub(super) use elsewhere::{input, output_of_errors, output_of_results, survive_full_files};

#[cfg(unix)]
mod unix {
    use std::io::{self, ErrorKind, Read, Write};
    use std::os::fd::{AsFd, BorrowedFd};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use signal_hook::consts::SIGXFSZ;

    /// A stream to read from.
    struct Input<T> {
        stream: T,
        /// How long nothing may come before that is told; for ever where there is none.
        patience: Option<Duration>,
    }

    /// A stream to write to.
    struct Output<T>(T);

    /// Reads `stream` to its end, waiting for what comes later. Where nothing came for some time that is an error of the
    /// kind [`ErrorKind::WouldBlock`], after which the reading may go on; a terminal has somebody who thinks.
    pub(crate) fn input(stream: impl AsFd + Send + 'static) -> Box<dyn Read + Send> {
        let patience = (!rustix::termios::isatty(&stream)).then_some(SILENCE);
        Box::new(Input { stream, patience })
    }

    /// stdout.
    pub(crate) fn output_of_results() -> impl Write {
        Output(rustix::stdio::stdout())
    }

    /// stderr.
    pub(crate) fn output_of_errors() -> impl Write {
        Output(rustix::stdio::stderr())
    }

    /// From now on a file that may not grow any more is an error of its writing, which is told, and not the end of the
    /// process by SIGXFSZ.
    pub(crate) fn survive_full_files() {
        // Where this fails, the process ends as it would have without.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    }

    impl<T: AsFd> Read for Input<T> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            loop {
                if !is_ready(self.stream.as_fd(), PollFlags::IN, self.patience)? {
                    return Err(ErrorKind::WouldBlock.into());
                }
                match rustix::io::read(&self.stream, &mut *buffer) {
                    // Another process that has the same pipe was faster.
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    read => return Ok(read?),
                }
            }
        }
    }

    impl<T: AsFd> Write for Output<T> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            loop {
                match rustix::io::write(&self.0, bytes) {
                    Err(Errno::AGAIN) => drop(is_ready(self.0.as_fd(), PollFlags::OUT, None)?),
                    Err(Errno::INTR) => {}
                    written => return Ok(written?),
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Waits until a stream can be read or written, or has come to its end.
    fn is_ready(stream: BorrowedFd<'_>, flags: PollFlags, wait: Option<Duration>) -> io::Result<bool> {
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        loop {
            match poll(&mut [PollFd::from_borrowed_fd(stream, flags)], wait.as_ref()) {
                Err(Errno::INTR) => {}
                ready => return Ok(ready? > 0),
            }
        }
    }

    /// Long beside the pauses of a runner that writes a document in pieces.
    const SILENCE: Duration = Duration::from_secs(1);
}

#[cfg(not(unix))]
mod elsewhere {
    use std::io::{self, Read, Write};

    pub(crate) fn input(stream: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        Box::new(stream)
    }

    pub(crate) fn output_of_results() -> impl Write {
        io::stdout().lock()
    }

    pub(crate) fn output_of_errors() -> impl Write {
        io::stderr()
    }

    pub(crate) fn survive_full_files() {}
}
