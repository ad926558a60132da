//! Punycode (RFC 3492): labels of host names beyond ASCII, as `xn--…`.

const BASE: u32 = 36;
const LEAST: u32 = 1;
const MOST: u32 = 26;

/// A label with its prefix; the label itself when it is too long to encode.
pub(super) fn encoded(label: &str) -> String {
    let chars: Vec<u32> = label.chars().map(u32::from).collect();
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).unwrap_or(u32::MAX);
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    let total = u32::try_from(chars.len()).unwrap_or(u32::MAX);
    while handled < total {
        let Some(next) = chars.iter().copied().filter(|c| *c >= n).min() else { break };
        let Some(sum) = (next - n).checked_mul(handled + 1).and_then(|step| delta.checked_add(step)) else {
            return label.to_owned();
        };
        delta = sum;
        n = next;
        for c in &chars {
            if *c < n {
                delta += 1;
            }
            if *c == n {
                write_number(delta, bias, &mut out);
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta += 1;
        n += 1;
    }
    format!("xn--{out}")
}

fn write_number(number: u32, bias: u32, out: &mut String) {
    let mut rest = number;
    let mut k = BASE;
    loop {
        let threshold = k.saturating_sub(bias).clamp(LEAST, MOST);
        if rest < threshold {
            out.extend(char::from_digit(rest, BASE).map(shifted));
            return;
        }
        let digit = threshold + (rest - threshold) % (BASE - threshold);
        out.extend(char::from_digit(digit, BASE).map(shifted));
        rest = (rest - threshold) / (BASE - threshold);
        k += BASE;
    }
}

/// Letters stand for the first digits here, numbers for the last.
fn shifted(digit: char) -> char {
    let value = digit.to_digit(BASE).unwrap_or(0);
    let code = if value < 26 { u32::from(b'a') + value } else { u32::from(b'0') + value - 26 };
    char::from_u32(code).unwrap_or('a')
}

fn adapted(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > ((BASE - LEAST) * MOST) / 2 {
        delta /= BASE - LEAST;
        k += BASE;
    }
    k + (((BASE - LEAST + 1) * delta) / (delta + 38))
}

#[cfg(test)]
mod tests {
    /// Examples of RFC 3492 and of common names.
    #[test]
    fn labels_are_encoded() {
        assert_eq!(super::encoded("bücher"), "xn--bcher-kva");
        assert_eq!(super::encoded("他们为什么不说中文"), "xn--ihqwcrb4cv8a8dqg056pqjye");
    }
}
