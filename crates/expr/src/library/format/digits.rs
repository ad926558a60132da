//! A number in decimal digits, as .NET's formats take it apart.

use crate::Value;
use crate::number;

/// Digits with the point behind the first `scale` of them, without leading zeros.
///
/// ```text
/// 123.45  -> digits 12345, scale 3
/// 0.001   -> digits 1, scale -2
/// 1.50m   -> digits 150, scale 1
/// ```
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Digits {
    pub(crate) negative: bool,
    pub(crate) digits: Vec<u8>,
    pub(crate) scale: i32,
}

impl Digits {
    /// The digits of a number, a `double` or `float` rounded to so many significant ones.
    pub(crate) fn of(value: &Value, significant: usize) -> Self {
        match value {
            Value::Double(number) => Self::of_real(*number, significant),
            Value::Single(number) => Self::of_real(f64::from(*number), significant),
            Value::Decimal(number) => {
                let mantissa = number.mantissa();
                Self::of_integer(mantissa, i32::try_from(number.scale()).unwrap_or(0))
            }
            other => Self::of_integer(other.as_integer().unwrap_or_default(), 0),
        }
    }

    fn of_integer(number: i128, decimals: i32) -> Self {
        let text = if number == 0 { String::new() } else { number.unsigned_abs().to_string() };
        let scale = i32::try_from(text.len()).unwrap_or(0) - decimals;
        Self { negative: number < 0, digits: text.bytes().map(|b| b - b'0').collect(), scale }
    }

    fn of_real(number: f64, significant: usize) -> Self {
        if number == 0.0 || !number.is_finite() {
            return Self { negative: false, digits: Vec::new(), scale: 0 };
        }
        let (digits, exponent) = number::figures(number.abs(), significant);
        let digits = digits.bytes().map(|b| b - b'0').collect();
        Self { negative: number < 0.0, digits, scale: exponent + 1 }
    }

    /// Whether it is zero.
    pub(crate) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Keeps the first `keep` digits, half rounded away from zero. What is rounded to zero has no sign.
    pub(crate) fn round(&mut self, keep: i32) {
        let keep = usize::try_from(keep);
        let up = keep.is_ok_and(|keep| self.digits.get(keep).is_some_and(|digit| *digit >= 5));
        self.digits.truncate(keep.unwrap_or(0));
        if up {
            while self.digits.last() == Some(&9) {
                self.digits.pop();
            }
            match self.digits.last_mut() {
                Some(last) => *last += 1,
                None => {
                    self.scale += 1;
                    self.digits.push(1);
                }
            }
        }
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.scale = 0;
            self.negative = false;
        }
    }

    /// The digit at a place, counted from the first one; 0 where there is none.
    pub(crate) fn at(&self, place: i32) -> char {
        let digit = usize::try_from(place).ok().and_then(|at| self.digits.get(at)).copied().unwrap_or(0);
        char::from(b'0' + digit)
    }

    /// The digits before the point, at least one.
    pub(crate) fn whole(&self) -> String {
        if self.scale <= 0 { "0".to_owned() } else { (0..self.scale).map(|place| self.at(place)).collect() }
    }

    /// So many digits behind the point.
    pub(crate) fn fraction(&self, count: i32) -> String {
        (0..count).map(|place| self.at(self.scale.saturating_add(place))).collect()
    }

    /// How many digits stand behind the point.
    pub(crate) fn decimals(&self) -> i32 {
        i32::try_from(self.digits.len()).unwrap_or(0) - self.scale
    }
}

/// With a comma between thousands.
pub(crate) fn grouped(whole: &str) -> String {
    let mut out = String::with_capacity(whole.len() * 4 / 3);
    for (at, c) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `E+05`: at least so many digits.
pub(crate) fn exponent(letter: char, value: i32, least: usize, plus: bool) -> String {
    let sign = match value {
        ..0 => "-",
        _ if plus => "+",
        _ => "",
    };
    format!("{letter}{sign}{:0least$}", value.unsigned_abs())
}
