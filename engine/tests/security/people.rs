//! People sign in, and every door asks who one is.

use crate::pki::secret;
use crate::support::{Folder, Metrics, PATIENCE, start};
use engine::Engine;
use engine::feed::people::Hash;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery";

fn engine(folder: &Folder, terms: &str) -> Engine {
    let hash = Hash::new(PASSWORD).unwrap();
    secret(&folder.file("people"), &format!("{hash} viewer Lin Wei\n{hash} supervisor Chen\n"));
    let machine =
        Sha256::digest("m".repeat(64)).iter().fold(String::new(), |text, b| format!("{text}{b:02x}"));
    secret(&folder.file("tokens"), &format!("{machine} viewer prometheus\n"));
    start(&format!(
        "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n[feed]\njson = \"127.0.0.1:0\"\ntokens = '{}'\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [people]\npath = '{}'\n{terms}",
        folder.file("tokens").display(),
        folder.file("people").display()
    ))
}

/// Asks over HTTP, and reads the whole answer.
fn ask(address: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let whole =
        format!("{head}\r\nHost: test\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    // Who is refused early may be reset after the answer.
    drop(stream.write_all(whole.as_bytes()));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or_default()
}

fn sign_in(http: SocketAddr, name: &str, password: &str) -> Result<String, String> {
    let body = format!("name={}&password={}", name.replace(' ', "+"), password.replace(' ', "+"));
    let answer = ask(http, "POST /login HTTP/1.1\r\nAccept: application/json", &body);
    if status(&answer) != "200" {
        return Err(status(&answer).to_owned());
    }
    let body: serde_json::Value = serde_json::from_str(answer.rsplit("\r\n\r\n").next().unwrap()).unwrap();
    Ok(body["token"].as_str().unwrap().to_owned())
}

/// What the feed says first to that token.
fn greeted(feed: SocketAddr, token: &str) -> (BufReader<TcpStream>, serde_json::Value) {
    let mut stream = TcpStream::connect(feed).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    writeln!(stream, "{{\"hello\":{{\"token\":\"{token}\"}}}}").unwrap();
    let mut stream = BufReader::new(stream);
    let said = line(&mut stream);
    (stream, said)
}

fn line(stream: &mut BufReader<TcpStream>) -> serde_json::Value {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_default()
}

#[test]
fn every_path_asks_who_one_is() {
    let folder = Folder::new("doors");
    let engine = engine(&folder, "session_s = 3\n");
    let (http, feed) = (engine.addresses().http.unwrap(), engine.addresses().json.unwrap());
    let expired = sign_in(http, "Lin Wei", PASSWORD).unwrap();
    std::thread::sleep(Duration::from_millis(3100));
    let person = sign_in(http, "Chen", PASSWORD).unwrap();
    let machine = "m".repeat(64);
    let stranger = "0".repeat(64);
    let mut cells = 0;
    for path in [
        "/",
        "/index.html",
        "/metrics",
        "/wall.json",
        "/areas.json",
        "/chart.geojson",
        "/tiles/1/1/1",
        "/pictures/0",
        "/feed",
        "/no-such-thing",
        "//metrics",
        "/metrics/",
        "/livez/../metrics",
        "/login/",
    ] {
        for method in ["GET", "POST"] {
            let of = |who: &str| {
                let answer = ask(http, &format!("{method} {path} HTTP/1.1{who}"), "");
                status(&answer).to_owned()
            };
            let nobody = if path == "/" { "303" } else { "401" };
            // The feed's own door answers there: no upgrade, and nothing said.
            let nobody = if path == "/feed" && method == "GET" { "426" } else { nobody };
            for who in [
                String::new(),
                format!("\r\nCookie: fairway={expired}"),
                format!("\r\nCookie: fairway={stranger}"),
                format!("\r\nAuthorization: Bearer {expired}"),
                format!("\r\nAuthorization: Basic {person}"),
            ] {
                assert_eq!(of(&who), nobody, "{method} {path} {who}");
                cells += 1;
            }
            for who in
                [format!("\r\nCookie: a=b; fairway={person}"), format!("\r\nAuthorization: Bearer {machine}")]
            {
                assert!(!matches!(&*of(&who), "401" | "403" | "303"), "{method} {path} {who}");
                cells += 1;
            }
        }
    }
    println!("{cells} cells");
    assert_eq!(status(&ask(http, "GET /livez HTTP/1.1", "")), "200");

    for (token, role) in
        [(&person, Some("supervisor")), (&machine, Some("viewer")), (&expired, None), (&stranger, None)]
    {
        let (_, said) = greeted(feed, token);
        assert_eq!(said["welcome"]["role"].as_str(), role, "{said}");
        assert_eq!(said["error"]["code"].as_u64(), role.is_none().then_some(401), "{said}");
    }
    drop(engine.stop());
}

#[test]
fn without_a_file_of_tokens_people_are_asked_all_the_same() {
    let folder = Folder::new("no-tokens");
    let hash = Hash::new(PASSWORD).unwrap();
    secret(&folder.file("people"), &format!("{hash} viewer Lin Wei\n"));
    let people = folder.file("people");
    let start = |anonymous: bool| {
        start(&format!(
            "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
             [feed]\njson = \"127.0.0.1:0\"\nanonymous = {anonymous}\n[http]\nlisten = \"127.0.0.1:0\"\n\
             [people]\npath = '{}'\n",
            people.display()
        ))
    };
    for (anonymous, path, feed) in [(false, "303", None), (true, "200", Some("viewer"))] {
        let engine = start(anonymous);
        let http = engine.addresses().http.unwrap();
        // Without Node there is no page.
        let page = ask(http, "GET /?layout=kpi HTTP/1.1", "");
        assert!(status(&page) == path || anonymous && status(&page) == "404", "{page}");
        assert_eq!(page.contains("location: /login?layout=kpi\r\n"), !anonymous, "{page}");
        let mut stream = TcpStream::connect(engine.addresses().json.unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        writeln!(stream, "{{\"hello\":{{}}}}").unwrap();
        let said = line(&mut BufReader::new(stream));
        assert_eq!(said["welcome"]["role"].as_str(), feed, "{said}");
        assert!(sign_in(http, "Lin Wei", PASSWORD).is_ok());
        drop(engine.stop());
    }
}

#[test]
fn a_page_has_its_session_in_a_cookie_until_it_is_signed_out() {
    let folder = Folder::new("cookie");
    let engine = engine(&folder, "");
    let http = engine.addresses().http.unwrap();
    let form = "name=Lin+Wei&password=correct+horse+battery";
    let elsewhere = ask(http, "POST /login HTTP/1.1\r\nOrigin: https://elsewhere.example", form);
    assert_eq!(status(&elsewhere), "403");
    let answer = ask(http, "POST /login HTTP/1.1\r\nOrigin: http://test", form);
    assert_eq!(status(&answer), "303", "{answer}");
    let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    let cookie = set.split(';').next().unwrap();

    let mut page = TcpStream::connect(http).unwrap();
    page.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        page,
        "GET /feed HTTP/1.1\r\nHost: test\r\nCookie: {cookie}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .unwrap();
    // An empty hello, masked with nothing.
    let hello = b"{\"hello\":{}}\n";
    page.write_all(&[0x81, 0x80 | hello.len() as u8, 0, 0, 0, 0]).unwrap();
    page.write_all(hello).unwrap();
    let mut seen = String::new();
    while !seen.contains("\"user\":\"Lin Wei\"") {
        let mut bytes = [0; 1024];
        let read = page.read(&mut bytes).unwrap();
        assert!(read > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    let out = ask(http, &format!("POST /logout HTTP/1.1\r\nCookie: {cookie}"), "");
    assert_eq!(status(&out), "303");
    let began = Instant::now();
    let mut rest = Vec::new();
    drop(page.read_to_end(&mut rest));
    assert!(String::from_utf8_lossy(&rest).contains("the session is over"));
    assert!(began.elapsed() < Duration::from_secs(5), "the page is cut with its session");
    assert_eq!(status(&ask(http, &format!("GET /metrics HTTP/1.1\r\nCookie: {cookie}"), "")), "401");
    drop(engine.stop());
}

#[test]
fn wrong_passwords_lock_a_name_and_a_flood_of_them_is_turned_away() {
    let folder = Folder::new("lock");
    let engine = engine(&folder, "failures = 3\nlock_s = 2\n");
    let http = engine.addresses().http.unwrap();
    for name in ["Lin Wei", "Nobody"] {
        for _ in 0..3 {
            assert_eq!(sign_in(http, name, "wrong").unwrap_err(), "401", "{name}");
        }
        assert_eq!(sign_in(http, name, PASSWORD).unwrap_err(), "429", "{name}");
    }
    assert!(sign_in(http, "Chen", PASSWORD).is_ok(), "others are not locked");
    std::thread::sleep(Duration::from_millis(2200));
    assert!(sign_in(http, "Lin Wei", PASSWORD).is_ok());

    let flood: Vec<_> = (0..60)
        .map(|n| std::thread::spawn(move || sign_in(http, &format!("stranger {n}"), "wrong").unwrap_err()))
        .collect();
    let answers: Vec<String> = flood.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer == "401" || answer == "503"), "{answers:?}");
    assert!(sign_in(http, "Chen", PASSWORD).is_ok());
    let metrics = Metrics::parse(&engine.metrics());
    assert_eq!(metrics.sum("fairway_sign_ins_total", "locked"), 2);
    assert_eq!(
        metrics.sum("fairway_sign_ins_total", "wrong") + metrics.sum("fairway_sign_ins_total", "busy"),
        6 + 60
    );
    let long = format!("name={}&password=x", "n".repeat(10_000));
    assert_eq!(status(&ask(http, "POST /login HTTP/1.1", &long)), "413");
    drop(engine.stop());
}

#[test]
fn a_file_of_people_that_others_can_read_is_refused() {
    let folder = Folder::new("readable");
    std::fs::write(folder.file("people"), "").unwrap();
    let text = format!("[people]\npath = '{}'\n", folder.file("people").display());
    let config = engine::config::parse(&text, std::path::Path::new("test.toml")).unwrap();
    let error = Engine::start(config, false).err().unwrap().to_string();
    assert!(error.contains("others can read it (644): chmod 600"), "{error}");
}

#[test]
fn who_is_taken_out_of_the_file_is_out_and_a_wrong_file_changes_nothing() {
    let folder = Folder::new("renewed-people");
    let engine = engine(&folder, "");
    let (http, feed) = (engine.addresses().http.unwrap(), engine.addresses().json.unwrap());
    let (lin, chen) = (sign_in(http, "Lin Wei", PASSWORD).unwrap(), sign_in(http, "Chen", PASSWORD).unwrap());
    let metrics = |token: &str| {
        let answer = ask(http, &format!("GET /metrics HTTP/1.1\r\nAuthorization: Bearer {token}"), "");
        status(&answer).to_owned()
    };
    let (mut open, welcome) = greeted(feed, &lin);
    assert!(welcome["welcome"].is_object(), "{welcome}");

    // Half a line: all stays as it was.
    let people = std::fs::read_to_string(folder.file("people")).unwrap();
    secret(&folder.file("people"), "argon2id$m=1");
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!((metrics(&lin), metrics(&chen)), ("200".to_owned(), "200".to_owned()));
    sign_in(http, "Chen", PASSWORD).unwrap();

    let without: String =
        people.lines().filter(|line| !line.contains("Lin Wei")).flat_map(|it| [it, "\n"]).collect();
    secret(&folder.file("people"), &without);
    let until = Instant::now() + PATIENCE;
    while metrics(&lin) != "401" {
        assert!(Instant::now() < until, "still let in");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(metrics(&chen), "200");
    assert_eq!(sign_in(http, "Lin Wei", PASSWORD), Err("401".to_owned()));
    // The console that she has open is told, and closed.
    let said: Vec<_> =
        std::iter::repeat_with(|| line(&mut open)).take_while(|said| !said.is_null()).collect();
    assert!(said.iter().any(|said| said["error"]["code"] == 401), "{said:?}");
    drop(engine.stop());
}
