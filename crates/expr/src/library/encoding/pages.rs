//! Code pages: encodings of one or two bytes a character, and what .NET says of all encodings.
//!
//! Source: the table of encodings at "Encoding class" of the .NET documentation; the mappings are `encoding_rs`'.

use encoding_rs as rs;

/// What is known of an encoding besides how it maps.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// `CodePage`.
    pub(crate) number: i32,
    /// `WebName`.
    pub(crate) name: &'static str,
    /// `EncodingName`.
    pub(crate) display: &'static str,
    /// `WindowsCodePage`.
    pub(crate) windows: i32,
    /// Whether characters take one byte each.
    pub(crate) single: bool,
    pub(crate) mapping: &'static rs::Encoding,
}

const fn page(
    number: i32,
    name: &'static str,
    display: &'static str,
    windows: i32,
    mapping: &'static rs::Encoding,
) -> Page {
    Page { number, name, display, windows, single: true, mapping }
}

const fn double(page: Page) -> Page {
    Page { single: false, ..page }
}

/// The code pages.
pub(crate) static PAGES: &[Page] = &[
    page(1252, "Windows-1252", "Western European (Windows)", 1252, &rs::WINDOWS_1252_INIT),
    page(1250, "windows-1250", "Central European (Windows)", 1250, &rs::WINDOWS_1250_INIT),
    page(1251, "windows-1251", "Cyrillic (Windows)", 1251, &rs::WINDOWS_1251_INIT),
    page(1253, "windows-1253", "Greek (Windows)", 1253, &rs::WINDOWS_1253_INIT),
    page(1254, "windows-1254", "Turkish (Windows)", 1254, &rs::WINDOWS_1254_INIT),
    page(1255, "windows-1255", "Hebrew (Windows)", 1255, &rs::WINDOWS_1255_INIT),
    page(1256, "windows-1256", "Arabic (Windows)", 1256, &rs::WINDOWS_1256_INIT),
    page(1257, "windows-1257", "Baltic (Windows)", 1257, &rs::WINDOWS_1257_INIT),
    page(1258, "windows-1258", "Vietnamese (Windows)", 1258, &rs::WINDOWS_1258_INIT),
    page(874, "windows-874", "Thai (Windows)", 874, &rs::WINDOWS_874_INIT),
    page(866, "cp866", "Cyrillic (DOS)", 1251, &rs::IBM866_INIT),
    page(10000, "macintosh", "Western European (Mac)", 1252, &rs::MACINTOSH_INIT),
    page(20866, "koi8-r", "Cyrillic (KOI8-R)", 1251, &rs::KOI8_R_INIT),
    page(21866, "koi8-u", "Cyrillic (KOI8-U)", 1251, &rs::KOI8_U_INIT),
    page(28592, "iso-8859-2", "Central European (ISO)", 1250, &rs::ISO_8859_2_INIT),
    page(28593, "iso-8859-3", "Latin 3 (ISO)", 1254, &rs::ISO_8859_3_INIT),
    page(28594, "iso-8859-4", "Baltic (ISO)", 1257, &rs::ISO_8859_4_INIT),
    page(28595, "iso-8859-5", "Cyrillic (ISO)", 1251, &rs::ISO_8859_5_INIT),
    page(28596, "iso-8859-6", "Arabic (ISO)", 1256, &rs::ISO_8859_6_INIT),
    page(28597, "iso-8859-7", "Greek (ISO)", 1253, &rs::ISO_8859_7_INIT),
    page(28598, "iso-8859-8", "Hebrew (ISO-Visual)", 1255, &rs::ISO_8859_8_INIT),
    page(28599, "iso-8859-9", "Turkish (ISO)", 1254, &rs::WINDOWS_1254_INIT),
    page(28603, "iso-8859-13", "Estonian (ISO)", 1257, &rs::ISO_8859_13_INIT),
    page(28605, "iso-8859-15", "Latin 9 (ISO)", 1252, &rs::ISO_8859_15_INIT),
    page(38598, "iso-8859-8-i", "Hebrew (ISO-Logical)", 1255, &rs::ISO_8859_8_I_INIT),
    double(page(932, "shift_jis", "Japanese (Shift-JIS)", 932, &rs::SHIFT_JIS_INIT)),
    double(page(936, "gb2312", "Chinese Simplified (GB2312)", 936, &rs::GBK_INIT)),
    double(page(949, "ks_c_5601-1987", "Korean", 949, &rs::EUC_KR_INIT)),
    double(page(950, "big5", "Chinese Traditional (Big5)", 950, &rs::BIG5_INIT)),
    double(page(51932, "euc-jp", "Japanese (EUC)", 932, &rs::EUC_JP_INIT)),
    double(page(51949, "euc-kr", "Korean (EUC)", 949, &rs::EUC_KR_INIT)),
    double(page(54936, "GB18030", "Chinese Simplified (GB18030)", 936, &rs::GB18030_INIT)),
];

impl Page {
    /// By its name or another name that .NET knows for it.
    pub(crate) fn of_name(name: &str) -> Option<&'static Self> {
        let alias = match name {
            "x-sjis" | "sjis" | "ms_kanji" | "csshiftjis" => "shift_jis",
            "gbk" | "cp936" | "chinese" | "gb_2312-80" => "gb2312",
            "x-ansi" | "cp1252" => "windows-1252",
            "latin2" | "l2" | "iso8859-2" => "iso-8859-2",
            "latin9" | "l9" | "iso8859-15" => "iso-8859-15",
            "big5-hkscs" | "cn-big5" => "big5",
            "korean" | "ks_c_5601" | "ksc5601" => "ks_c_5601-1987",
            "mac" => "macintosh",
            "ibm866" | "866" => "cp866",
            other => other,
        };
        PAGES.iter().find(|page| page.name.eq_ignore_ascii_case(alias))
    }

    pub(crate) fn decode(&self, bytes: &[u8]) -> String {
        self.mapping.decode_without_bom_handling(bytes).0.into_owned()
    }

    /// What the code page lacks becomes a question mark.
    pub(crate) fn encode(&self, text: &str) -> Vec<u8> {
        let mut encoder = self.mapping.new_encoder();
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text;
        loop {
            out.reserve(rest.len().saturating_mul(2) + 8);
            let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut out, true);
            rest = rest.get(read..).unwrap_or_default();
            match result {
                rs::EncoderResult::InputEmpty => return out,
                rs::EncoderResult::Unmappable(c) => out.extend(std::iter::repeat_n(b'?', c.len_utf16())),
                rs::EncoderResult::OutputFull => {}
            }
        }
    }
}
