//! `fairway load`: many consoles at once, and how long things take to reach them.

use clap::Args as ClapArgs;
use engine::clock::now_utc;
use engine::feed::console::{Dialogue, Fault, Picture, Wire};
use engine::feed::proto::{Hello, ServerMessage, Subscribe, server_message::Body};
use hdrhistogram::Histogram;
use std::cell::RefCell;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

#[derive(ClapArgs)]
pub struct Args {
    /// The feed.
    #[arg(default_value = "127.0.0.1:4711")]
    address: SocketAddr,
    /// How many consoles.
    #[arg(long, default_value_t = 100)]
    consoles: usize,
    /// More consoles, that never read.
    #[arg(long, default_value_t = 0)]
    stuck: usize,
    /// How they speak.
    #[arg(long, value_parser = wire, default_value = "json", value_name = "json|proto|ws-json|ws-proto")]
    wire: Wire,
    /// Changes a second that each console asks for, of each thing; 0: as they happen.
    #[arg(long, default_value_t = 0.0, value_name = "HZ")]
    rate: f64,
    /// position, standard or full.
    #[arg(long, default_value = "full")]
    detail: String,
    /// Who they are; without it, anonymous viewers.
    #[arg(long)]
    token: Option<String>,
    /// How long, like `30s` or `5m`.
    #[arg(long = "for", value_parser = crate::demo::duration, value_name = "TIME", default_value = "30s")]
    length: Duration,
    /// One JSON object for programs.
    #[arg(long)]
    json: bool,
}

fn wire(text: &str) -> Result<Wire, String> {
    Ok(match text {
        "json" => Wire::Json,
        "proto" => Wire::Proto,
        "ws-json" => Wire::WebSocketJson,
        "ws-proto" => Wire::WebSocketProto,
        _ => return Err(format!("`{text}` is not json, proto, ws-json or ws-proto")),
    })
}

/// What takes longer counts as this, microseconds.
const LONGEST_US: u64 = 600_000_000;

/// What all consoles together have seen.
struct Seen {
    /// From the engine's read of a report to a console, microseconds, by both clocks.
    latency_us: Histogram<u64>,
    complete: usize,
    messages: u64,
    bytes: u64,
    agreed: u64,
    faults: Vec<String>,
    ends: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let seen = Rc::new(RefCell::new(Seen {
        // A histogram that grows would not grow for `saturating_record`, and hide what is late.
        latency_us: Histogram::new_with_bounds(1, LONGEST_US, 3)?,
        complete: 0,
        messages: 0,
        bytes: 0,
        agreed: 0,
        faults: Vec::new(),
        ends: Vec::new(),
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        // Held, and never read.
        let mut stuck = Vec::new();
        for number in 0..args.stuck {
            let mut stream = TcpStream::connect(args.address).await?;
            stream.write_all(&Dialogue::new(args.wire, hello(args, "stuck", number)).outgoing()).await?;
            stuck.push(stream);
        }
        for number in 0..args.consoles {
            let stream = TcpStream::connect(args.address).await?;
            let dialogue = Dialogue::new(args.wire, hello(args, "load", number));
            let seen = Rc::clone(&seen);
            tokio::task::spawn_local(async move {
                if let Err(end) = watch(stream, dialogue, &seen).await {
                    seen.borrow_mut().ends.push(end.to_string());
                }
            });
        }
        tokio::time::sleep(args.length).await;
        Ok::<(), Box<dyn Error>>(())
    })?;
    let seen = seen.borrow();
    print(args, &seen);
    let is_right = seen.faults.is_empty() && seen.ends.is_empty() && seen.complete >= args.consoles;
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn hello(args: &Args, name: &str, number: usize) -> Hello {
    let period_ms = if args.rate > 0.0 { (1000.0 / args.rate) as u32 } else { 0 };
    let all = Subscribe { period_ms, detail: args.detail.clone(), ..Subscribe::default() };
    Hello {
        client: format!("{name} {number}"),
        token: args.token.clone(),
        subscriptions: vec![all],
        ..Hello::default()
    }
}

async fn watch(
    mut stream: TcpStream,
    mut dialogue: Dialogue,
    seen: &RefCell<Seen>,
) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
    stream.write_all(&dialogue.outgoing()).await?;
    let mut picture = Picture::default();
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let read = stream.read(&mut bytes).await?;
        if read == 0 {
            return Err("the engine has closed".into());
        }
        let now_us = now_utc().unix_us();
        dialogue.take(bytes.get(..read).unwrap_or_default())?;
        let mut refused = None;
        {
            let mut seen = seen.borrow_mut();
            seen.bytes += read as u64;
            dialogue.messages(|message| {
                seen.messages += 1;
                if let Some(Body::Error(error)) = &message.body {
                    refused = Some(format!("{} {}", error.code, error.text));
                }
                let (was_complete, agreed) = (picture.complete, picture.agreed);
                if let Some(us) = age_us(&picture, &message, now_us) {
                    seen.latency_us.saturating_record(us);
                }
                if let Err(fault) = picture.apply(message) {
                    note(&mut seen.faults, &fault);
                }
                seen.agreed += picture.agreed - agreed;
                seen.complete += usize::from(picture.complete && !was_complete);
            })?;
        }
        if let Some(refused) = refused {
            return Err(refused.into());
        }
        let outgoing = dialogue.outgoing();
        if !outgoing.is_empty() {
            stream.write_all(&outgoing).await?;
        }
    }
}

/// How long ago the engine read the report that this update brings, where it brings a new one.
fn age_us(picture: &Picture, message: &ServerMessage, now_us: i64) -> Option<u64> {
    let Some(Body::Track(track)) = &message.body else { return None };
    let arrival_us = |track: &engine::feed::proto::Track| Some(track.reported.as_ref()?.arrival_us);
    let arrived_us = arrival_us(track)?;
    let known_us = picture.tracks.get(&track.id).and_then(arrival_us);
    (picture.complete && known_us.is_none_or(|known_us| known_us < arrived_us))
        .then(|| u64::try_from(now_us - arrived_us).unwrap_or(0))
}

/// The first few say enough.
fn note(faults: &mut Vec<String>, fault: &Fault) {
    if faults.len() < 10 {
        faults.push(format!("{fault:?}"));
    }
}

fn print(args: &Args, seen: &Seen) {
    let seconds = args.length.as_secs_f64();
    let (messages_per_s, bytes_per_s) = (seen.messages as f64 / seconds, seen.bytes as f64 / seconds);
    let quantiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)]
        .map(|(name, quantile)| (name, seen.latency_us.value_at_quantile(quantile)));
    if args.json {
        let latency: serde_json::Map<String, serde_json::Value> =
            quantiles.iter().map(|(name, us)| ((*name).to_owned(), (*us).into())).collect();
        let out = serde_json::json!({
            "consoles": args.consoles, "stuck": args.stuck, "complete": seen.complete, "seconds": seconds,
            "messages_per_s": messages_per_s, "bytes_per_s": bytes_per_s, "updates": seen.latency_us.len(),
            "latency_us": latency, "digests_agreed": seen.agreed, "faults": seen.faults, "ends": seen.ends,
        });
        println!("{out}");
        return;
    }
    println!(
        "{} consoles ({:?}) and {} stuck, {seconds:.0} s: {} had the whole picture",
        args.consoles, args.wire, args.stuck, seen.complete
    );
    println!("{messages_per_s:.0} messages/s, {:.2} MB/s, all consoles together", bytes_per_s / 1e6);
    let row = quantiles.map(|(name, us)| format!("{name} {:.2} ms", us as f64 / 1000.0)).join("  ");
    println!(
        "latency from the engine's read of a report to a console: {row}  ({} updates)",
        seen.latency_us.len()
    );
    println!("{} digests agreed, {} faults, {} ended early", seen.agreed, seen.faults.len(), seen.ends.len());
    for line in seen.faults.iter().chain(&seen.ends) {
        println!("  {line}");
    }
}
