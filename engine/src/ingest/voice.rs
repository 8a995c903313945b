//! What a source of sound does with its packets: they are recorded as they come, and listened to for who speaks when. The
//! core hears nothing of it.

use super::account::Account;
use super::intake::{Intake, Maker, refuse};
use crate::clock::{Mono, now_utc};
use crate::recording::voice::Spurt;
use decoders::voice::{Activity, Ear, Heard, Placing, Reject, Spoken, linear};
use hound::{SampleFormat, WavReader};
use std::fs::File;
use std::io::{self, BufReader};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use units::UtcTime;

/// Who falls silent is looked after so often, where nothing else comes.
pub const LOOK: Duration = Duration::from_millis(500);
/// Of a file.
const PACKETS_PER_S: u32 = 50;

/// Why it refuses something, in the order in which it counts.
pub fn reasons() -> Vec<&'static str> {
    Reject::ALL.map(Reject::as_str).to_vec()
}

/// One sender's packets.
#[derive(Debug, Default)]
pub struct VoiceIntake {
    ear: Ear,
    placing: Placing,
    activity: Activity,
    account: Account,
    published: Account,
    logged: Option<Mono>,
}

impl VoiceIntake {
    /// Takes one packet.
    pub fn take(&mut self, maker: &Maker, datagram: &[u8], arrival: UtcTime) -> usize {
        let Self { ear, placing, activity, account, published, logged } = self;
        account.candidates += 1;
        match ear.hear(datagram) {
            Ok(Heard::Sound(sound)) => {
                account.used += 1;
                account.messages += 1;
                let at = placing.place(&sound, arrival);
                activity.hear(at, sound.samples, |spoken| tell(maker, &spoken));
            }
            Ok(Heard::Nothing) => account.other += 1,
            Err(reason) => {
                account.refuse(reason.index(), 1);
                refuse(maker, logged, reason.as_str(), datagram, None);
            }
        }
        maker.metrics.publish_frames(published, account);
        published.clone_from(account);
        datagram.len()
    }

    /// It is so late, and nothing came.
    pub fn pause(&mut self, maker: &Maker, now: UtcTime) {
        self.activity.pause(now, |spoken| tell(maker, &spoken));
    }

    /// Nothing more will come.
    pub fn end(&mut self, maker: &Maker) {
        self.activity.end(|spoken| tell(maker, &spoken));
    }
}

fn tell(maker: &Maker, spoken: &Spoken) {
    if let Some(tap) = &maker.tap {
        tap.borrow().spoken(Spurt::new(&maker.name, spoken));
    }
}

/// A WAV file that can be played.
///
/// # Errors
/// Why it cannot.
pub fn wav(file: File) -> io::Result<Wav> {
    let wrong = |error: hound::Error| match error {
        hound::Error::IoError(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
    };
    let reader = WavReader::new(BufReader::new(file)).map_err(wrong)?;
    let hz = reader.spec().sample_rate;
    if !(8000..=192_000).contains(&hz) {
        let message = format!("{hz} samples per second: 8000 to 192000 are taken");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(Wav(reader))
}

/// One.
pub struct Wav(WavReader<BufReader<File>>);

impl std::fmt::Debug for Wav {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wav").finish_non_exhaustive()
    }
}

impl Wav {
    /// The next sample, of all channels together; `None` at the end.
    fn next(&mut self) -> Option<Result<i16, hound::Error>> {
        let spec = self.0.spec();
        let mut sum = 0.0;
        for _ in 0..spec.channels.max(1) {
            let sample = match spec.sample_format {
                SampleFormat::Float => self.0.samples::<f32>().next()?.map(|it| it * 32_767.0),
                SampleFormat::Int => {
                    let full = (1_i64 << spec.bits_per_sample.clamp(1, 32)) as f32;
                    self.0.samples::<i32>().next()?.map(|it| it as f32 / full * 65_536.0)
                }
            };
            match sample {
                Ok(sample) => sum += sample,
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok((sum / f32::from(spec.channels.max(1))).clamp(-32_768.0, 32_767.0) as i16))
    }

    /// Plays it as fast as it was spoken, packed as a radio would send it.
    pub async fn play(mut self, maker: Rc<Maker>, stop: CancellationToken) {
        let hz = self.0.spec().sample_rate;
        let (began, mut intake) = (Instant::now(), Intake::new(&maker));
        let (mut sent, mut sequence, mut packet) = (0_u64, 0_u16, Vec::new());
        loop {
            packet.clear();
            while packet.len() < (hz / PACKETS_PER_S) as usize {
                match self.next() {
                    Some(Ok(sample)) => packet.push(sample),
                    Some(Err(error)) => {
                        tracing::error!(source = maker.name, %error, "the WAV file ends here");
                        break;
                    }
                    None => break,
                }
            }
            let bytes = linear(sequence, sent as u32, 0, hz, &packet);
            sent += packet.len() as u64;
            // It is there when its last sample has been taken.
            let due = began + Duration::from_nanos(sent * 1_000_000_000 / u64::from(hz));
            if packet.is_empty() || stop.run_until_cancelled(sleep_until(due)).await.is_none() {
                break;
            }
            sequence = sequence.wrapping_add(1);
            maker.metrics.bytes.increment(bytes.len() as u64);
            let arrival = now_utc();
            intake.record(arrival, &bytes);
            intake.datagram(&bytes, arrival, &mut Vec::new());
        }
        intake.end();
    }
}
