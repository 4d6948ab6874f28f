//! A connection as something to read from, to write to and to wait for, each of them by itself: an answer may come while a
//! request is still being written, and whether a connection is dead or has bytes waiting is seen by looking.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A connection that never blocks: what cannot be done now is [`io::ErrorKind::WouldBlock`].
pub(super) trait Stream: Send + Sync {
    /// Reads what is there; 0 where the other end has closed its side properly.
    fn read_now(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Takes some of the bytes to be sent.
    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Sends what was taken.
    fn flush_now(&mut self) -> io::Result<()>;

    /// Waits until there may be something to read, or room to write where that is wanted.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] where neither came until then.
    fn wait(&mut self, for_room: bool, until: Instant) -> io::Result<Ready>;

    /// Whether the other end asked for a client certificate.
    fn wanted_certificate(&self) -> bool {
        false
    }
}

/// What may be done without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    /// There may be something to read, or the end of the connection to be met.
    Read,
    /// There is room to write, and nothing to read.
    Write,
}

/// What is done once where a wait has lasted so long.
#[derive(Clone)]
pub(super) struct Impatience {
    pub(super) from: Instant,
    pub(super) act: Arc<dyn Fn() + Send + Sync>,
}

/// A TCP connection.
pub(super) struct Socket {
    stream: TcpStream,
    impatience: Option<Impatience>,
}

impl Socket {
    /// Connects, for no longer than that.
    pub(super) fn connect(to: SocketAddr, within: Duration, impatience: Option<Impatience>) -> io::Result<Self> {
        // Nothing at all is refused by the standard library.
        let stream = TcpStream::connect_timeout(&to, within.max(Duration::from_millis(1)))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, impatience })
    }
}

impl Stream for Socket {
    fn read_now(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        retrying(|| self.stream.read(buffer))
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        retrying(|| self.stream.write(bytes))
    }

    fn flush_now(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn wait(&mut self, for_room: bool, until: Instant) -> io::Result<Ready> {
        loop {
            let now = Instant::now();
            if let Some(impatience) = self.impatience.take_if(|impatience| impatience.from <= now) {
                (impatience.act)();
            }
            let left = until.saturating_duration_since(now);
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let sooner = self.impatience.as_ref().map(|impatience| impatience.from - now);
            if let Some(ready) = ready(&self.stream, for_room, sooner.map_or(left, |sooner| sooner.min(left)))? {
                return Ok(ready);
            }
        }
    }
}

/// In the place of a connection that was given away.
pub(super) struct Gone;

impl Stream for Gone {
    fn read_now(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::NotConnected.into())
    }

    fn write_now(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::NotConnected.into())
    }

    fn flush_now(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::NotConnected.into())
    }

    fn wait(&mut self, _: bool, _: Instant) -> io::Result<Ready> {
        Err(io::ErrorKind::NotConnected.into())
    }
}

impl Stream for Box<dyn Stream> {
    fn read_now(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).read_now(buffer)
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (**self).write_now(bytes)
    }

    fn flush_now(&mut self) -> io::Result<()> {
        (**self).flush_now()
    }

    fn wait(&mut self, for_room: bool, until: Instant) -> io::Result<Ready> {
        (**self).wait(for_room, until)
    }

    fn wanted_certificate(&self) -> bool {
        (**self).wanted_certificate()
    }
}

/// Writes all of it.
pub(super) fn write_all(stream: &mut dyn Stream, mut bytes: &[u8], until: Instant) -> io::Result<()> {
    loop {
        match write_some(stream, &mut bytes) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // Something to read does not make room: it is looked at later.
                if stream.wait(true, until)? == Ready::Read {
                    std::thread::sleep(A_MOMENT);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Writes as much as there is room for, and takes it away from `bytes`.
pub(super) fn write_some(stream: &mut dyn Stream, bytes: &mut &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let taken = stream.write_now(bytes)?;
        if taken == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        *bytes = bytes.get(taken..).unwrap_or_default();
    }
    stream.flush_now()
}

/// Reads as soon as there is something.
pub(super) fn read(stream: &mut dyn Stream, buffer: &mut [u8], until: Instant) -> io::Result<usize> {
    loop {
        match stream.read_now(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.wait(false, until)?,
            done => return done,
        };
    }
}

fn retrying(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Waits for at most that long; nothing where it passed.
#[cfg(unix)]
fn ready(stream: &TcpStream, for_room: bool, most: Duration) -> io::Result<Option<Ready>> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let wanted = if for_room {
        PollFlags::IN | PollFlags::OUT
    } else {
        PollFlags::IN
    };
    let mut waiting = [PollFd::new(stream, wanted)];
    // What no clock can count to does not pass.
    let most = Timespec::try_from(most).ok();
    match poll(&mut waiting, most.as_ref()) {
        Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    // A broken connection is told by reading from it.
    let only_room = waiting[0].revents() == PollFlags::OUT;
    Ok(Some(if only_room { Ready::Write } else { Ready::Read }))
}

/// Without a call that waits for either, both are tried again and again.
#[cfg(not(unix))]
fn ready(_: &TcpStream, _: bool, most: Duration) -> io::Result<Option<Ready>> {
    std::thread::sleep(A_MOMENT.min(most));
    Ok((most > A_MOMENT).then_some(Ready::Read))
}

const A_MOMENT: Duration = Duration::from_millis(1);
