//! A page on paper.

use super::Folder;
use investigate::paper::print;
use std::process::Command;

#[test]
fn a_page_becomes_a_pdf() {
    let folder = Folder::new("paper");
    let (page, pdf) = (folder.0.join("a #1 page.html"), folder.0.join("page.pdf"));
    let text = "<!doctype html><meta charset=utf-8><p>One</p><p style='break-before: page'>会遇报告</p>";
    std::fs::write(&page, text).unwrap();
    if Command::new("chromium").arg("--version").output().is_err() {
        let error = print(&page, &pdf).err().map(|error| error.to_string());
        return println!("skipped: no Chromium ({error:?})");
    }
    print(&page, &pdf).unwrap();
    let bytes = std::fs::read(&pdf).unwrap();
    assert!(bytes.starts_with(b"%PDF-"));
    // Of the two pages, and not of an error.
    let pages = bytes
        .windows(12)
        .filter(|it| it.starts_with(b"/Type /Page\n") || it.starts_with(b"/Type /Page "))
        .count();
    assert_eq!(pages, 2);
    assert!(print(&folder.0.join("nothing.html"), &pdf).is_err());
    assert!(std::fs::read_dir(&folder.0).unwrap().count() == 2, "nothing is left behind");
}
