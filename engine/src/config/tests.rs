//! What is accepted, and what is said of the rest.

use super::*;
use fusion::Shadow;

fn error(text: &str) -> String {
    parse(text, Path::new("fairway.toml")).map_or_else(|e| e.to_string(), |c| format!("accepted: {c:?}"))
}

/// A payload of two coordinates, with one example.
fn payload(example: &str) -> String {
    let field = |name: &str, offset: u32| {
        format!("{{ name = \"{name}\", offset = {offset}, width = 32, type = \"signed\", scale = 1e-6 }}")
    };
    format!(
        "[[payload]]\nname = \"a\"\nprefix = \"FB11\"\nfields = [{}, {}]\n\
         examples = [{{ hex = \"{example}\", lat = 29.935128, lon = 121.9 }}]\n",
        field("lat", 16),
        field("lon", 48)
    )
}

#[test]
fn a_beidou_source_knows_the_payloads_and_its_clock() {
    let text = payload("FB1101C8C61807440BE0")
        + "[[source]]\nname = \"a\"\nkind = \"stdin\"\nformat = \"beidou\"\nutc_offset_h = 0\n";
    let config = parse(&text, Path::new("fairway.toml")).unwrap();
    let Format::Beidou(beidou) = &config.sources[0].format else { panic!("{config:?}") };
    assert_eq!((beidou.ahead_s, beidou.templates.len()), (0, 1));
}

#[test]
fn a_wrong_key_is_named_with_its_line() {
    const SERVER: &str = "[[source]]\nname = \"a\"\nkind = \"tcp-server\"\n";
    const CLIENT: &str =
        "[[source]]\nname = \"a\"\nkind = \"tcp-client\"\naddress = \"h:1\"\nformat = \"ivef\"\n";
    const STDIN: &str = "[[source]]\nname = \"a\"\nkind = \"stdin\"\n";
    let cases = [
        (
            "[feed]\njson = \"127.0.0.1:1\"\njsno = 1\n".to_owned(),
            "fairway.toml:3: feed.jsno: unknown field `jsno`, expected one of `json`, `nmea`, `plain`, `max_clients`, `tokens`, `anonymous`, `desks`, `limits`",
        ),
        (
            "[feed]\njson = \"127.0.0.1\"\n".to_owned(),
            "fairway.toml:2: feed.json: invalid socket address syntax",
        ),
        (
            "\n[[source]]\nname = \"a\"\nkind = \"carrier-pigeon\"\n".to_owned(),
            "fairway.toml:4: source.kind: unknown variant `carrier-pigeon`, expected one of `tcp-client`, `tcp-server`, `udp`, `file`, `stdin`",
        ),
        (SERVER.to_owned(), "fairway.toml:1: source.address: missing; this kind needs it"),
        (format!("{SERVER}address = \"here\"\n"), "fairway.toml:4: source.address: must be `ip:port`"),
        (
            format!("{SERVER}address = \"127.0.0.1:1\"\npath = \"x\"\n"),
            "fairway.toml:5: source.path: this kind has no use for it",
        ),
        (format!("{STDIN}{STDIN}"), "fairway.toml:4: source.name: `a` is used twice"),
        (
            format!("{STDIN}[[source]]\nname = \"b\"\nkind = \"file\"\npath = \"x\"\n"),
            "fairway.toml:4: source.time: `line` and `arrival` cannot be mixed: a picture has one clock",
        ),
        (
            "[[source]]\nname = \"a b\"\nkind = \"stdin\"\n".to_owned(),
            "fairway.toml:2: source.name: 1 to 64 letters, digits, `-`, `_` or `.`",
        ),
        ("[watch.grid]\nlevel = 9\n".to_owned(), "fairway.toml:2: watch.grid.level: must be 4 or 5"),
        (
            "[watch.encounter]\ngap = 9\n".to_owned(),
            "fairway.toml:2: watch.encounter.gap: unknown field `gap`, expected one of `profile`, `gap_m`, `domain`, `act_s`, `on_delay_s`, `off_delay_s`, `no_manoeuvre_s`",
        ),
        (
            "[[watch.zones]]\nname = \"x\"\npolygon = [[30.0, 122.0], [30.1, 122.0]]\n".to_owned(),
            "fairway.toml:3: watch.zones[0].polygon: `x` needs at least 3 corners",
        ),
        (
            format!("{STDIN}editions = {{ 48 = \"1.32\" }}\n"),
            "fairway.toml:4: source.editions: this format has no use for it",
        ),
        (
            format!("{STDIN}format = \"asterix\"\neditions = {{ 48 = \"9\" }}\n"),
            "fairway.toml:5: source.editions.48: there is 1.32, 1.31, 1.30, 1.29, 1.28, 1.27",
        ),
        (
            format!("{STDIN}format = \"asterix\"\neditions = {{ 1 = \"9\" }}\n"),
            "fairway.toml:5: source.editions: no category `1`",
        ),
        (
            format!("{STDIN}[[source.radar]]\nposition = [122.1, 29.9]\n"),
            "fairway.toml:5: source.radar.position: must be [latitude, longitude]",
        ),
        (
            format!("{STDIN}[[source.radar]]\nposition = [29.9, 122.1]\nsac = 1\n"),
            "fairway.toml:4: source.radar.sac, sic: both or neither",
        ),
        (
            format!("{STDIN}[[source.radar]]\nposition = [29.9, 122.1]\nrange_sigma_m = 0\n"),
            "fairway.toml:4: source.radar.range_sigma_m: must be 0.1 to 1000",
        ),
        (
            format!("{STDIN}[[source.radar]]\nposition = [29.9, 122.1]\nturn_s = 3\n"),
            "fairway.toml:4: source.radar.turn_s: says nothing without reach_m",
        ),
        (
            format!("{STDIN}[[source.radar]]\nposition = [29.9, 122.1]\nreach_m = 9e9\n"),
            "fairway.toml:4: source.radar.reach_m: must be 100 to 500000",
        ),
        (
            format!(
                "{STDIN}[[source.radar]]\nposition = [29.9, 122.1]\nreach_m = 9e3\nshadows = [[10.0, 400.0, 0.0]]\n"
            ),
            "fairway.toml:4: source.radar.shadows: to: must be 0 to 360",
        ),
        (
            format!(
                "{STDIN}[[source.radar]]\nposition = [29.9, 122.1]\n[[source.radar]]\nposition = [29.9, 122.1]\n"
            ),
            "fairway.toml:6: source.radar: `a` needs a name and a code of its own",
        ),
        (CLIENT.to_owned(), "fairway.toml:1: source.ivef: missing; this format needs it"),
        (
            format!("{STDIN}format = \"ivef\"\nivef = {{ user = \"u\", password_env = \"PATH\" }}\n"),
            "fairway.toml:1: source.kind: of an ivef service we are a `tcp-client`",
        ),
        (
            format!("{STDIN}ivef = {{ user = \"u\", password_env = \"PATH\" }}\n"),
            "fairway.toml:4: source.ivef: this format has no use for it",
        ),
        (
            format!("{CLIENT}[source.ivef]\nuser = \"u\"\n"),
            "fairway.toml:6: source.ivef.password_file: this or password_env must be there, and not both",
        ),
        (
            format!("{CLIENT}[source.ivef]\nuser = \"u\"\npassword_env = \"FAIRWAY_NO_SUCH\"\n"),
            "fairway.toml:8: source.ivef.password_env: not set, or not text",
        ),
        (
            format!("{CLIENT}[source.ivef]\nuser = \"u\"\npassword_env = \"PATH\"\nperiod_s = 1.0\n"),
            "fairway.toml:6: source.ivef.areas: missing; without areas nothing can be asked for",
        ),
        (
            format!(
                "{CLIENT}[source.ivef]\nuser = \"u\"\npassword_env = \"PATH\"\nareas = [[[91.0, 0.0]]]\n"
            ),
            "fairway.toml:9: source.ivef.areas: each needs at least 3 corners [latitude, longitude]",
        ),
        (
            format!("{CLIENT}[source.ivef]\nuser = \"u\"\npassword_env = \"PATH\"\nping_after_s = 0.0\n"),
            "fairway.toml:9: source.ivef.ping_after_s: must be from 0.1 to 86400",
        ),
        ("[feed\n".to_owned(), "fairway.toml:1: unclosed table, expected `]`"),
        (
            format!("{STDIN}format = \"jt808\"\n"),
            "fairway.toml:1: source.kind: jt808 terminals connect to a `tcp-server`",
        ),
        (
            format!("{STDIN}format = \"beidou\"\nstrangers = \"refuse\"\n"),
            "fairway.toml:5: source.strangers: this format has no use for it",
        ),
        (
            format!("{STDIN}format = \"beidou\"\nutc_offset_h = 15\n"),
            "fairway.toml:5: source.utc_offset_h: must be -12 to 14",
        ),
        (
            payload("FB1101C8C61807440BE2"),
            "fairway.toml:1: payload.examples: `FB1101C8C61807440BE2` says 29.935128, 121.900002 and not 29.935128, 121.9",
        ),
        (payload("FB12"), "fairway.toml:1: payload.examples: `FB12` says nothing and not 29.935128, 121.9"),
    ];
    for (text, expected) in cases {
        assert_eq!(error(&text), expected, "{text}");
    }
}

#[test]
fn the_example_configuration_is_right_and_shows_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/fairway.toml");
    let config = read(&path).unwrap();
    assert_eq!(config.sources.len(), 4);
    let radar = config.sources.iter().flat_map(|source| &source.radars).next().unwrap();
    let plain = Radar::new(0, "hill", radar.plane.origin());
    let shadow = Shadow { from_rad: 40_f64.to_radians(), to_rad: 52_f64.to_radians(), beyond_m: 4000.0 };
    let mut sight = RadarSite { beam_rad: 0.5_f64.to_radians(), ..plain.sight(22_000.0) };
    sight.shadows[0] = Some(shadow);
    assert_eq!(*radar, Radar { antenna_height_m: 120.0, sight: Some(sight), ..plain });
    assert_eq!(config.fusion, fusion::Config::default());
    assert_eq!(config.watch.encounter, watch::encounter::Config::default());
    assert_eq!(config.watch.grid, watch::density::Config::default());
}

#[test]
fn the_example_of_ningbo_and_zhoushan_draws_everything() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/ningbo-zhoushan.toml");
    let watch = read(&path).unwrap().watch;
    let zones = |is: fn(&watch::zone::Zone) -> bool| watch.zones.iter().filter(|zone| is(zone)).count();
    assert_eq!(zones(|zone| zone.lane.is_some()), 2);
    assert_eq!(zones(|zone| zone.no_anchoring), 1);
    assert_eq!(zones(|zone| zone.no_fishing), 1);
    assert_eq!(zones(|zone| zone.capacity.is_some()), 1);
    assert_eq!(watch.bridges.iter().map(|bridge| bridge.spans.len()).sum::<usize>(), 1);
    // Post to branch to bureau.
    assert_eq!(watch.units.iter().filter(|unit| unit.parent.is_some()).count(), 2);
}

#[test]
fn what_the_registry_knows_is_for_the_watch_too() {
    let folder = std::env::temp_dir().join(format!("fairway-registry-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut store = crate::registry::store::Store::open(&folder.join("vessels.db")).unwrap();
    let text = "mmsi,imo,name,lists,permits,from\n\
                413000001,9074729,ZHE HAI 1,Detained;ferries,Cable corridor,2020-01-01\n\
                413000002,,,,Cable corridor,2200-01-01\n";
    store.import(text, "MSA").unwrap();
    let file = folder.join("fairway.toml");
    let areas = "[[watch.zones]]\nname = \"Cable corridor\"\npolygon = [[29.0, 122.0], [29.0, 122.1], [29.1, 122.1]]\n\
                 permits = [413000009]\n[[watch.lists]]\nname = \"Detained\"\nmmsi = [412000001]\n";
    std::fs::write(&file, format!("[registry]\npath = \"vessels.db\"\n{areas}")).unwrap();
    let config = read(&file).unwrap();
    let watch = &config.watch;
    assert_eq!(watch.zones[0].permits, [413_000_009, 413_000_001], "the other's permit is for later");
    let lists: Vec<_> = watch.lists.iter().map(|list| (list.name.as_str(), list.mmsi.as_slice())).collect();
    assert_eq!(lists, [("Detained", &[412_000_001, 413_000_001][..])], "ferries are on no list to watch for");
    let known: Vec<_> = watch.register.iter().map(|known| (known.mmsi, known.imo)).collect();
    assert_eq!(known, [(413_000_001, Some(9_074_729))]);
    assert_eq!(config.registry.lists().keys().collect::<Vec<_>>(), ["Detained", "ferries"]);
    std::fs::write(&file, "[registry]\npath = \"vesels.db\"\n").unwrap();
    assert!(read(&file).unwrap_err().to_string().contains("vesels.db:0: no such file"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_typhoon_is_in_a_file_or_at_a_url() {
    let of = |keys: &str| error(&format!("\n[[typhoon]]\n{keys}\n"));
    assert_eq!(of("quadrants = \"unknown\""), "fairway.toml:2: typhoon.path, url: one of them");
    assert_eq!(of("path = \"a\"\nurl = \"http://a\""), "fairway.toml:2: typhoon.path, url: one of them");
    assert_eq!(of("url = \"ftp://a\""), "fairway.toml:2: typhoon.url: http:// or https://");
    assert_eq!(of("url = \"http://a\"\nevery_s = 5"), "fairway.toml:2: typhoon.every_s: must be 60 or more");
}

#[test]
fn a_file_of_areas_is_named_with_the_line_that_names_it() {
    let missing = error("\n[areas]\nfiles = [\"nowhere.geojson\"]\n");
    assert!(
        missing.starts_with("fairway.toml:3: areas.files: nowhere.geojson: cannot be read: "),
        "{missing}"
    );
}
