//! What cameras send: any bytes are read or refused, and what is read is written back.
#![no_main]

use decoders::auth::Parameters;
use decoders::gb28181::Instruction;
use decoders::{pelco, sip, xml};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = messages(stream, stream.len().max(1));
    assert_eq!(messages(stream, usize::from(*size) + 1), whole);
    for message in &whole {
        // What is written has the length that it says.
        let bytes = message.bytes();
        let (again, used) = sip::cut(&bytes).unwrap().unwrap();
        assert_eq!((used, &again.body), (bytes.len(), &message.body));
        let _ = message.header("Authorization").and_then(Parameters::parse).map(|all| all.proves("REGISTER", "x"));
    }
    let _ = sip::datagram(stream);

    let mut buffer = stream.to_vec();
    pelco::drain(&mut buffer, |address, command| {
        let frame = pelco::encode(address, command);
        assert_eq!(pelco::decode(frame), Ok((address, command)));
    });
    assert!(buffer.len() < pelco::FRAME);

    let text = String::from_utf8_lossy(stream);
    if let Ok(root) = xml::parse(&text) {
        let _ = root.find("PanTilt").and_then(|element| element.attribute_number("x"));
    }
    let _ = Parameters::parse(&text);
    if let Ok(instruction) = Instruction::parse(&text) {
        assert_eq!(Instruction::parse(&instruction.to_string()), Ok(instruction));
    }
});

/// All whole messages of a stream that comes in pieces, up to what is none.
fn messages(stream: &[u8], size: usize) -> Vec<sip::Message> {
    let (mut received, mut all) = (Vec::new(), Vec::new());
    for piece in stream.chunks(size) {
        received.extend_from_slice(piece);
        loop {
            match sip::cut(&received) {
                Ok(Some((message, used))) => {
                    received.drain(..used);
                    all.push(message);
                }
                Ok(None) => break,
                Err(_) => return all,
            }
        }
    }
    all
}
