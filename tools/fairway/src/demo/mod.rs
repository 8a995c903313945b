//! `fairway demo`: the engine on a simulated Ningbo-Zhoushan, seen through its own feed.
//!
//! Everything goes over real sockets: the simulator is a TCP peer of the engine's sources, AIS and radars, and the
//! table is a client of the engine's feed that measures for itself.

mod boat;
mod door;
mod eyes;
mod sea;
mod sky;
mod table;
mod viewer;

use boat::Boat;
use clap::Args as ClapArgs;
use decoders::asterix::Editions;
use door::Door;
use engine::config::{Beidou, Cameras, Config, Feed, Format, Input, Jt808, Record, Source, Time, Typhoon};
use engine::pipeline::Addresses;
use engine::registry::Registry;
use engine::{Engine, clock};
use fairway::stage;
use simulate::radar::Output;
use std::error::Error;
use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use viewer::View;

/// What the engine hears besides AIS and radars: BeiDou short messages, JT/T 808.
const FLEET: &str = "beidou";
const TERMINALS: &str = "terminals";

const JSON_PORT: u16 = 4711;
const NMEA_PORT: u16 = 10110;
const HTTP_PORT: u16 = 9464;

#[derive(ClapArgs)]
pub struct Args {
    /// How long it runs, like `60s` or `5m`; without it, until Ctrl-C.
    #[arg(long = "for", value_parser = duration, value_name = "TIME")]
    length: Option<Duration>,
    /// Another seed, another traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many vessels.
    #[arg(long, default_value_t = 300)]
    vessels: usize,
    /// Records everything into this folder.
    #[arg(long, value_name = "FOLDER")]
    record: Option<std::path::PathBuf>,
    /// Lines instead of a table, as when the output is no terminal.
    #[arg(long)]
    plain: bool,
}

pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write 60s, 5m or 1h");
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let scale = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    number.parse::<u64>().ok().and_then(|n| n.checked_mul(scale)).map(Duration::from_secs).ok_or_else(wrong)
}

/// The port that people know, or another where that one is taken.
fn local(port: u16) -> SocketAddr {
    let known = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if TcpListener::bind(known).is_ok() { known } else { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
}

fn config(registry: Registry, typhoon: Typhoon, cameras: Cameras, door: &Door) -> Config {
    let listening = |name: &str, format, radars| Source {
        // The engine gives it its number.
        id: fusion::SourceId(0),
        name: name.to_owned(),
        input: Input::TcpServer(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
        time: Time::Arrival,
        format,
        vessel: None,
        radars,
    };
    let ais = listening("ais", Format::Nmea, Vec::new());
    let radars = stage::radars().into_iter().zip(0_u16..).map(|((name, site), number)| {
        let format =
            if site.output == Output::Ttm { Format::Nmea } else { Format::Asterix(Editions::default()) };
        listening(name, format, vec![stage::profile(number, name, &site)])
    });
    Config {
        // The sea takes them in this order.
        sources: std::iter::once(ais)
            .chain(radars)
            .chain([
                listening(FLEET, Format::Beidou(Beidou::default()), Vec::new()),
                listening(TERMINALS, Format::Jt808(Jt808::default()), Vec::new()),
            ])
            .collect(),
        registry,
        feed: Feed {
            json: Some(local(JSON_PORT)),
            nmea: Some(local(NMEA_PORT)),
            tokens: Some(door.tokens.clone()),
            anonymous: true,
            ..Feed::default()
        },
        http: Some(local(HTTP_PORT)),
        watch: stage::watch(),
        wall: stage::wall(),
        typhoons: vec![typhoon],
        cameras,
        ..Config::default()
    }
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let live = std::io::stdout().is_terminal() && !args.plain;
    if !live {
        crate::terminal::log_to_stderr();
    }
    let vessel = boat::of(args.seed, args.vessels);
    let sky = sky::Sky::new()?;
    let (eyes, cameras) = eyes::Eyes::open()?;
    let door = Door::new(sky.folder())?;
    let record = args.record.clone().map(Record::new);
    let text = format!("demo --seed {} --vessels {}", args.seed, args.vessels);
    let config =
        Config { record, text, ..config(boat::registry(vessel.as_ref()), sky.typhoon(), cameras, &door) };
    let engine = Engine::start(config, false)?;
    let addresses = engine.addresses().clone();
    println!("{}", connect_lines(&addresses, &door.token));

    let view = Arc::new(Mutex::new(View::default()));
    let stopping = engine.stopping();
    let source = |name: &str| {
        let found = addresses.sources.iter().find(|(source, _)| source == name);
        found.map(|(_, address)| *address).ok_or_else(|| format!("the engine has no source `{name}`"))
    };
    let boat = match &vessel {
        Some(vessel) => Some(Boat::connect(vessel, source(FLEET)?, source(TERMINALS)?)?),
        None => None,
    };
    viewer::lock(&view).boat = boat.as_ref().map(|boat| boat.mmsi.number());
    let own = |name: &&(String, SocketAddr)| name.0 != FLEET && name.0 != TERMINALS;
    let sources: Vec<_> = addresses.sources.iter().filter(own).map(|(_, address)| *address).collect();
    if let Some(server) = addresses.gb28181 {
        eyes.register(server, &stopping)?;
    }
    let aboard = (boat, eyes);
    let sea = sea::sail(&sources, args.seed, args.vessels, aboard, Arc::clone(&view), stopping.clone())?;
    let feed = addresses.json.ok_or("the engine has no feed")?;
    let watching = viewer::watch(feed, Arc::clone(&view))?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let started = clock::Mono::now();
        let mut redraw = tokio::time::interval(Duration::from_secs(if live { 1 } else { 10 }));
        let end = async {
            match args.length {
                Some(length) => tokio::time::sleep(length).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(end);
        redraw.tick().await;
        loop {
            tokio::select! {
                () = &mut end => return Ok(started),
                asked = crate::terminal::asked_to_stop() => return asked.map(|()| started),
                _ = redraw.tick() => {
                    let seconds = clock::Mono::now().since_ns(started) / 1_000_000_000;
                    let figures = table::Figures::read(&engine.metrics());
                    let view = viewer::lock(&view);
                    if live {
                        print!("{}", table::screen(&view, &figures, seconds, &connect_lines(&addresses, &door.token)));
                    } else {
                        println!("{}", table::line(&view, &figures, seconds));
                    }
                }
            }
        }
    });
    let seconds = clock::Mono::now().since_ns(ended?) / 1_000_000_000;
    let figures = table::Figures::read(&engine.metrics());
    drop(engine.stop());
    let done = [sea.join(), watching.join()];
    println!("{}", table::summary(&viewer::lock(&view), &figures, seconds));
    if done.iter().any(Result::is_err) {
        return Err("the simulator or the viewer ended in a panic".into());
    }
    Ok(ExitCode::SUCCESS)
}

/// Where to look, and what to type there.
fn connect_lines(addresses: &Addresses, token: &str) -> String {
    let port = |address: Option<SocketAddr>| address.map_or(0, |address| address.port());
    let (json, nmea, http) = (port(addresses.json), port(addresses.nmea), port(addresses.http));
    let wall = if engine::wall::is_built() {
        format!("wall display on  http://127.0.0.1:{http}/#token={token}")
    } else {
        "wall display: not built in; install Node 20 or later and run `make demo` again".to_owned()
    };
    format!(
        "{wall}\n\
         JSON feed on 127.0.0.1:{json}      look:     nc 127.0.0.1 {json}\n\
         NMEA feed on 127.0.0.1:{nmea}     OpenCPN:  Options > Connections > Network, TCP, 127.0.0.1, port {nmea}\n\
         metrics on http://127.0.0.1:{http}/metrics\n"
    )
}
