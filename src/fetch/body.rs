//! Reads bodies, bounded both as sent and as decompressed (RFC 9110 section 8.4; RFC 7932; RFC 8878).

use std::io::Read;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use super::FetchError;

/// The maximum number of stacked codings; no honest server stacks more.
const MAX_CODINGS: usize = 2;
/// Compressed bodies larger than this are decompressed off the async threads.
const INLINE_BYTES: usize = 64 * 1024;

/// The supported codings, as `Accept-Encoding` lists them.
pub(super) const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// Reads the body and decodes it.
pub(super) async fn read(
    mut response: Response,
    max_body: u64,
    max_decoded: u64,
    silence: Duration,
) -> Result<Vec<u8>, FetchError> {
    let codings = codings(&response)?;
    let too_large = || FetchError::TooLarge(format!("a body of more than {max_body} bytes"));
    let declared = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > max_body) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    loop {
        let chunk = tokio::time::timeout(silence, response.chunk())
            .await
            .map_err(|_| FetchError::Timeout(format!("the server sent nothing for {silence:?} within the body")))?
            .map_err(|error| FetchError::Protocol(format!("the body was cut off: {error}")))?;
        let Some(chunk) = chunk else { break };
        if (body.len() + chunk.len()) as u64 > max_body {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    if codings.is_empty() {
        return if body.len() as u64 > max_decoded { Err(too_large()) } else { Ok(body) };
    }
    if body.len() <= INLINE_BYTES {
        return decode(body, &codings, max_decoded);
    }
    tokio::task::spawn_blocking(move || decode(body, &codings, max_decoded))
        .await
        .unwrap_or_else(|error| Err(FetchError::Protocol(format!("the body could not be decompressed: {error}"))))
}

fn codings(response: &Response) -> Result<Vec<Coding>, FetchError> {
    let mut codings = Vec::new();
    for value in response.headers().get_all(CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        for name in value.split(',').map(str::trim) {
            codings.push(match name {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => Coding::Gzip,
                "deflate" => Coding::Deflate,
                "br" => Coding::Brotli,
                "zstd" => Coding::Zstd,
                other => return Err(FetchError::Protocol(format!("unknown content coding `{other}`"))),
            });
        }
    }
    if codings.len() > MAX_CODINGS {
        return Err(FetchError::Protocol(format!("{} content codings on one body", codings.len())));
    }
    Ok(codings)
}

/// Decodes the codings, the last applied first.
fn decode(mut body: Vec<u8>, codings: &[Coding], max: u64) -> Result<Vec<u8>, FetchError> {
    for coding in codings.iter().rev() {
        if body.is_empty() {
            break; // some servers declare a coding for an empty body
        }
        let input = body.as_slice();
        body = match coding {
            Coding::Gzip if !input.starts_with(&[0x1f, 0x8b]) => body, // declared, but not applied
            Coding::Gzip => bounded(flate2::read::MultiGzDecoder::new(input), max)?,
            // Half of all servers send zlib (as RFC 9110 says), half send raw deflate.
            Coding::Deflate => match bounded(flate2::read::ZlibDecoder::new(input), max) {
                Err(FetchError::Protocol(_)) => bounded(flate2::read::DeflateDecoder::new(input), max)?,
                decoded => decoded?,
            },
            Coding::Brotli => bounded(brotli::Decompressor::new(input, 16 * 1024), max)?,
            Coding::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(input).map_err(|error| broken(&error))?;
                decoder.window_log_max(23).map_err(|error| broken(&error))?; // 8 MB, as RFC 9659 asks
                bounded(decoder, max)?
            }
        };
    }
    Ok(body)
}

fn broken(error: &std::io::Error) -> FetchError {
    FetchError::Protocol(format!("the body's compression is invalid: {error}"))
}

fn bounded(reader: impl Read, max: u64) -> Result<Vec<u8>, FetchError> {
    let mut decoded = Vec::new();
    reader.take(max + 1).read_to_end(&mut decoded).map_err(|error| broken(&error))?;
    if decoded.len() as u64 > max {
        return Err(FetchError::TooLarge(format!("a body of more than {max} bytes when decompressed")));
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_coding_is_undone() {
        let data = "An entry, and another. ".repeat(1_000).into_bytes();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&data).unwrap();
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        raw.write_all(&data).unwrap();
        let mut br = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
        br.write_all(&data).unwrap();
        let cases = [
            (gzip(&data), vec![Coding::Gzip]),
            (zlib.finish().unwrap(), vec![Coding::Deflate]),
            (raw.finish().unwrap(), vec![Coding::Deflate]),
            (br.into_inner(), vec![Coding::Brotli]),
            (zstd::encode_all(data.as_slice(), 3).unwrap(), vec![Coding::Zstd]),
            (gzip(&zstd::encode_all(data.as_slice(), 3).unwrap()), vec![Coding::Zstd, Coding::Gzip]),
            (data.clone(), vec![Coding::Gzip]),
        ];
        for (body, codings) in cases {
            assert_eq!(decode(body, &codings, 1 << 20).unwrap(), data, "{codings:?}");
        }
    }

    #[test]
    fn a_bomb_and_a_torn_body_are_errors() {
        let bomb = gzip(&vec![0; 10 << 20]);
        assert!(bomb.len() < 20_000);
        assert!(matches!(decode(bomb.clone(), &[Coding::Gzip], 1 << 20), Err(FetchError::TooLarge(_))));
        let torn = bomb[..bomb.len() / 2].to_vec();
        assert!(matches!(decode(torn, &[Coding::Gzip], 100 << 20), Err(FetchError::Protocol(_))));
    }
}
