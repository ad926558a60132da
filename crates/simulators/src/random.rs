//! What nobody shall guess: codes, refresh tokens, generated secrets.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 256 bits as 43 letters.
pub(crate) fn text() -> String {
    let mut bytes = [0; 32];
    // AWS-LC's generator does not fail: it ends the process instead.
    let _filled = rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
