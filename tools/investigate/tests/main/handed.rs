//! Evidence packages, looked at as the other side would.

use super::{Folder, START, opened, record, traffic};
use engine::recording::Recording;
use investigate::case::Case;
use investigate::evidence::{LIST, LOG, ORIGINALS, Redacted, Wish, package};
use simulate::Scene;
use std::path::Path;
use std::process::Command;

/// `package.py` of the package itself, by a Python that has nothing but its own library.
fn judged(script: &Path, what: &Path, more: &[&str]) -> (Option<i32>, String) {
    let done = Command::new("python3").args(["-E", "-S"]).arg(script).arg(what).args(more).output().unwrap();
    let text = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn a_package_proves_itself_and_one_byte_anywhere_is_found() {
    let folder = Folder::new("handed");
    let mut scene = Scene::ningbo_zhoushan(7, 20, START);
    let path = record(&folder.0, &traffic(&mut scene, 10.0, |_| {}));
    let recording = Recording::open(&path).unwrap();
    let wish = Wish {
        case: Case { from: Some(START.plus_s(200.0)), to: Some(START.plus_s(400.0)), ..Case::default() },
        number: "case-7".to_owned(),
        why: "a </script><b>test</b>".to_owned(),
        by: "somebody".to_owned(),
        key: Some(folder.0.join("record.key")),
        ..Wish::default()
    };
    let zip = folder.0.join("case-7.zip");
    let made = package(&recording, &wish, &zip, START, &mut |_| {}).unwrap();
    assert_eq!((made.faults.len(), made.warnings.len()), (0, 0), "{made:?}");
    assert!(std::fs::read_to_string(path.join(LOG)).unwrap().contains(&made.sha256));

    if Command::new("python3").arg("-V").output().is_err() {
        return println!("skipped: no Python");
    }
    // Taken apart by Python, too.
    let home = folder.0.join("unpacked");
    let code = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
    assert!(Command::new("python3").args(["-c", code]).args([&zip, &home]).status().unwrap().success());
    let start = home.join("verify/package.py");
    let (code, text) = judged(&start, &home, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("untouched") && text.contains("is signed by"), "{text}");
    let (code, text) = judged(&start, &zip, &["--sha256", &made.sha256]);
    assert_eq!(code, Some(0), "{text}");

    // Its page shows who was there, and links every file.
    let list = std::fs::read_to_string(home.join(LIST)).unwrap();
    match opened(&home.join("index.html")) {
        Some(page) => {
            assert!(page.matches("<tr").count() > 10 && page.contains("Sealed with"), "{page}");
            for line in list.lines().map(|line| line.split_once("  ").unwrap().1) {
                assert!(line == "index.html" || page.contains(&format!("href=\"{line}\"")), "{line}");
            }
            assert!(page.contains("GSHHG"), "which chart");
        }
        None => println!("skipped: no Chromium"),
    }

    // One byte of every file; of the list of hashes and its signature, too.
    let names: Vec<&str> = list.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    assert!(names.len() >= 15, "{names:?}");
    for name in names.into_iter().chain([LIST, "hashes.sha256.sig"]) {
        if name.starts_with("verify/") && name != "verify/verify.py" {
            // It would judge itself.
            continue;
        }
        let file = home.join(name);
        let good = std::fs::read(&file).unwrap();
        let mut bad = good.clone();
        let place = good.len() / 2;
        // In a comment, where the program itself must still run.
        let place = if name == "verify/verify.py" {
            good.iter().position(|byte| *byte == b'W').unwrap()
        } else {
            place
        };
        bad[place] ^= 1;
        std::fs::write(&file, &bad).unwrap();
        let (code, text) = judged(&start, &home, &[]);
        assert!(code == Some(1) && text.contains(name), "{name}: {code:?} {text}");
        std::fs::write(&file, &good).unwrap();
    }
    std::fs::write(home.join("more.txt"), "more").unwrap();
    assert!(judged(&start, &home, &[]).1.contains("more.txt: was not in the package"));
    std::fs::remove_file(home.join("more.txt")).unwrap();
    std::fs::remove_file(home.join("derived/tracks.csv")).unwrap();
    assert!(judged(&start, &home, &[]).1.contains("derived/tracks.csv: is missing"));
    // Of the zip itself, wherever.
    let good = std::fs::read(&zip).unwrap();
    for n in 0..40 {
        let mut bad = good.clone();
        bad[n * good.len() / 40 + 11] ^= 4;
        std::fs::write(&zip, &bad).unwrap();
        let (code, text) = judged(&start, &zip, &["--sha256", &made.sha256]);
        assert!(matches!(code, Some(1 | 2)), "{n}: {code:?} {text}");
    }

    // The page needs nobody, and what people wrote is text in it.
    let page = std::fs::read_to_string(home.join("index.html")).unwrap();
    for foreign in ["http://", "https://", " src=", "</script><b>"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn what_is_redacted_is_in_nothing_and_the_originals_keep_their_hashes() {
    let folder = Folder::new("redacted");
    let mut scene = Scene::ningbo_zhoushan(7, 20, START);
    let path = record(&folder.0, &traffic(&mut scene, 5.0, |_| {}));
    let recording = Recording::open(&path).unwrap();
    let whole =
        Wish { number: "case-8".to_owned(), key: Some(folder.0.join("record.key")), ..Wish::default() };
    let zip = folder.0.join("case-8.zip");
    let made = package(&recording, &whole, &zip, START, &mut |_| {}).unwrap();
    let read = |zip: &Path, name: &str| {
        let mut zip = zip::ZipArchive::new(std::fs::File::open(zip).unwrap()).unwrap();
        let mut text = Vec::new();
        std::io::copy(&mut zip.by_name(name).unwrap(), &mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    };
    let manifest =
        |zip: &Path| serde_json::from_str::<serde_json::Value>(&read(zip, "manifest.json")).unwrap();
    let ships = manifest(&zip)["ships"].as_object().unwrap().clone();
    let (mmsi, name) = ships.iter().find(|(_, name)| name.is_string()).unwrap();
    let name = name.as_str().unwrap();

    let redacted = Redacted { of: zip.clone(), ships: vec![mmsi.clone()], radio: true };
    let wish = Wish { redacted: Some(redacted), ..whole.clone() };
    let public = folder.0.join("case-8-public.zip");
    package(&recording, &wish, &public, START, &mut |_| {}).unwrap();
    let told = manifest(&public);
    assert_eq!(told["redacted"]["of_sha256"], made.sha256);
    assert_eq!(told["ships"].as_object().unwrap().len(), ships.len() - 1);
    let names: Vec<String> = {
        let zip = zip::ZipArchive::new(std::fs::File::open(&public).unwrap()).unwrap();
        zip.file_names().map(|name| name.unwrap().into_owned()).collect()
    };
    assert!(!names.iter().any(|name| name.starts_with("original/")), "{names:?}");
    for file in names.iter().filter(|name| !name.starts_with("verify/")) {
        let text = read(&public, file);
        assert!(!text.contains(mmsi.as_str()) && !text.contains(name), "{file} tells of {mmsi} {name}");
    }
    let page = folder.0.join("index.html");
    std::fs::write(&page, read(&public, "index.html")).unwrap();
    match opened(&page) {
        Some(page) => {
            assert!(page.matches("<tr").count() > 10 && page.contains("隐去船舶: 1"), "{page}");
        }
        None => println!("skipped: no Chromium"),
    }
    // The whole one has her, and the hashes of its originals are those that the redacted one tells.
    assert!(read(&zip, "derived/tracks.csv").contains(mmsi.as_str()));
    let originals = read(&public, ORIGINALS);
    assert!(!originals.is_empty());
    for line in originals.lines() {
        assert!(read(&zip, LIST).contains(line), "{line}");
    }
    if Command::new("python3").arg("-V").output().is_err() {
        return println!("skipped: no Python");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verify/package.py");
    let (code, text) = judged(&script, &public, &[]);
    assert!(code == Some(0) && text.contains("redacted") && text.contains("untouched"), "{text}");

    let pair = Some([mmsi.parse().unwrap(), 1]);
    let error = package(&recording, &Wish { pair, ..wish }, &public, START, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("left out"), "{error}");
}

#[test]
fn what_was_broken_off_is_gone_on_with_and_another_wish_begins_anew() {
    let folder = Folder::new("resumed");
    let mut scene = Scene::ningbo_zhoushan(7, 20, START);
    let path = record(&folder.0, &traffic(&mut scene, 3.0, |_| {}));
    let recording = Recording::open(&path).unwrap();
    // Where the key should be is a folder: all is made but the signature.
    let key = folder.0.join("keys");
    std::fs::create_dir(&key).unwrap();
    let wish = Wish { number: "case-9".to_owned(), key: Some(key.clone()), ..Wish::default() };
    let zip = folder.0.join("case-9.zip");
    package(&recording, &wish, &zip, START, &mut |_| {}).unwrap_err();
    let made = folder.0.join("case-9.zip.work/derived/tracks.gpx");
    let when = |file: &Path| std::fs::metadata(file).unwrap().modified().unwrap();
    let first = when(&made);
    std::fs::remove_dir(&key).unwrap();
    std::fs::copy(folder.0.join("record.key"), &key).unwrap();
    let other = Wish { why: "another".to_owned(), key: Some(folder.0.join("nothing")), ..wish.clone() };
    for (wish, goes_on) in [(&wish, true), (&other, false)] {
        let mut was_made = None;
        let done = package(&recording, wish, &zip, START, &mut |what| {
            if what == "figures" {
                was_made = Some(when(&made));
            }
        });
        assert_eq!((done.is_ok(), was_made == Some(first)), (goes_on, goes_on), "{done:?}");
        // Nothing is left behind.
        assert!(!made.exists() && !folder.0.join("case-9.zip.asked").exists());
    }
    assert!(zip.exists());
}
