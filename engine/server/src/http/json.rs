//! JSON as answers have it: byte for byte what `serde_json` writes, for the types that answers are made of. Texts are looked through for
//! what must be escaped many bytes at a time, and names of fields, which are in the code, not at all.

use std::fmt::Display;

use serde::Serialize;
use serde::ser::{self, Impossible, Serializer};

/// Writes an answer behind what is there.
///
/// # Errors
/// A type that no answer has: a fraction, raw bytes, a variant with fields, or a key that is no text.
pub(super) fn write(answer: &impl Serialize, out: &mut Vec<u8>) -> Result<(), NoAnswer> {
    answer.serialize(Writer(out))
}

/// What can't be written is no answer's.
#[derive(Debug, thiserror::Error)]
#[error("no answer has a value like that: {0}")]
pub(super) struct NoAnswer(String);

impl ser::Error for NoAnswer {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

fn none_such<T>(kind: &str) -> Result<T, NoAnswer> {
    Err(NoAnswer(kind.to_owned()))
}

/// Appends one value.
struct Writer<'a>(&'a mut Vec<u8>);

/// The items of a list, or the fields of an object.
struct Items<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
    end: u8,
}

impl<'a> Items<'a> {
    fn begin(out: &'a mut Vec<u8>, begin: u8, end: u8) -> Self {
        out.push(begin);
        Self { out, is_first: true, end }
    }

    fn item(&mut self) -> Writer<'_> {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        Writer(self.out)
    }

    /// A field whose name has nothing to be escaped: it is a name of Rust, or is renamed to words and underscores.
    fn field(&mut self, name: &'static str) -> Writer<'_> {
        let Writer(out) = self.item();
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        Writer(out)
    }

    fn close(self) -> Result<(), NoAnswer> {
        self.out.push(self.end);
        Ok(())
    }
}

/// Whether a byte stands in a text of JSON as it is.
fn is_plain(byte: &u8) -> bool {
    *byte >= b' ' && *byte != b'"' && *byte != b'\\'
}

impl Writer<'_> {
    fn raw(self, text: &[u8]) -> Result<(), NoAnswer> {
        self.0.extend_from_slice(text);
        Ok(())
    }

    /// What is rare, and numbers, are written as they always are.
    fn usual(self, value: &(impl Serialize + ?Sized)) -> Result<(), NoAnswer> {
        serde_json::to_writer(self.0, value).map_err(|error| NoAnswer(error.to_string()))
    }
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = NoAnswer;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Impossible<(), NoAnswer>;
    type SerializeTupleVariant = Impossible<(), NoAnswer>;
    type SerializeMap = Items<'a>;
    type SerializeStruct = Items<'a>;
    type SerializeStructVariant = Impossible<(), NoAnswer>;

    fn serialize_bool(self, value: bool) -> Result<(), NoAnswer> {
        self.raw(if value { b"true" } else { b"false" })
    }

    fn serialize_i8(self, value: i8) -> Result<(), NoAnswer> {
        self.usual(&value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), NoAnswer> {
        self.usual(&value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), NoAnswer> {
        self.usual(&value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), NoAnswer> {
        self.usual(&value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), NoAnswer> {
        self.usual(&value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), NoAnswer> {
        self.usual(&value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), NoAnswer> {
        self.usual(&value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), NoAnswer> {
        self.usual(&value)
    }

    fn serialize_f32(self, _: f32) -> Result<(), NoAnswer> {
        none_such("a fraction")
    }

    fn serialize_f64(self, _: f64) -> Result<(), NoAnswer> {
        none_such("a fraction")
    }

    fn serialize_char(self, value: char) -> Result<(), NoAnswer> {
        self.usual(&value)
    }

    fn serialize_str(self, text: &str) -> Result<(), NoAnswer> {
        if !text.as_bytes().iter().all(is_plain) {
            return self.usual(text);
        }
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.raw(b"\"")
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), NoAnswer> {
        none_such("bytes")
    }

    fn serialize_none(self) -> Result<(), NoAnswer> {
        self.raw(b"null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoAnswer> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NoAnswer> {
        self.raw(b"null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NoAnswer> {
        self.raw(b"null")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), NoAnswer> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), NoAnswer> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), NoAnswer> {
        let mut only = Items::begin(self.0, b'{', b'}');
        value.serialize(only.field(variant))?;
        only.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, NoAnswer> {
        Ok(Items::begin(self.0, b'[', b']'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, NoAnswer> {
        Ok(Items::begin(self.0, b'[', b']'))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, NoAnswer> {
        none_such("a structure without names")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NoAnswer> {
        none_such("a variant with fields")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'a>, NoAnswer> {
        Ok(Items::begin(self.0, b'{', b'}'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, NoAnswer> {
        Ok(Items::begin(self.0, b'{', b'}'))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NoAnswer> {
        none_such("a variant with fields")
    }
}

impl ser::SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = NoAnswer;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), NoAnswer> {
        item.serialize(self.item())
    }

    fn end(self) -> Result<(), NoAnswer> {
        self.close()
    }
}

impl ser::SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = NoAnswer;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), NoAnswer> {
        item.serialize(self.item())
    }

    fn end(self) -> Result<(), NoAnswer> {
        self.close()
    }
}

impl ser::SerializeMap for Items<'_> {
    type Ok = ();
    type Error = NoAnswer;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NoAnswer> {
        let Writer(out) = self.item();
        let begun = out.len();
        key.serialize(Writer(out))?;
        if out.get(begun) == Some(&b'"') { Ok(()) } else { none_such("a key that is no text") }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoAnswer> {
        self.out.push(b':');
        value.serialize(Writer(self.out))
    }

    fn end(self) -> Result<(), NoAnswer> {
        self.close()
    }
}

impl ser::SerializeStruct for Items<'_> {
    type Ok = ();
    type Error = NoAnswer;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NoAnswer> {
        value.serialize(self.field(name))
    }

    fn end(self) -> Result<(), NoAnswer> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        OfNothing,
        OfOne(i64),
    }

    #[derive(Serialize)]
    struct Inner<'a> {
        text: &'a str,
        kinds: [Kind; 2],
    }

    #[derive(Serialize)]
    struct Outer<'a> {
        id: uuid::Uuid,
        truth: bool,
        numbers: Vec<i64>,
        number: u64,
        none: Option<u8>,
        some: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        left_out: Option<u8>,
        #[serde(flatten)]
        inner: Inner<'a>,
        texts: BTreeMap<&'a str, &'a str>,
        empty: [(); 0],
        unit: (),
        pair: (u8, char),
    }

    fn bytes(answer: &impl Serialize) -> Vec<u8> {
        let mut out = Vec::new();
        write(answer, &mut out).unwrap();
        out
    }

    #[test]
    fn an_answer_has_the_bytes_that_any_other_writer_gives_it() {
        let letters = (0..0x300).filter_map(char::from_u32).map(String::from);
        for text in
            letters.chain(["".into(), "ā \u{2028} 😀".into(), "long enough to be looked at by many \" bytes".into()])
        {
            let outer = Outer {
                id: uuid::Uuid::from_u128(7),
                truth: true,
                numbers: vec![0, -1, i64::MIN, i64::MAX],
                number: u64::MAX,
                none: None,
                some: Some(7),
                left_out: None,
                inner: Inner { text: &text, kinds: [Kind::OfNothing, Kind::OfOne(1)] },
                texts: BTreeMap::from([("lv", "x"), (&*text, "y")]),
                empty: [],
                unit: (),
                pair: (1, '"'),
            };
            let usual = serde_json::to_vec(&outer).unwrap();
            assert_eq!(String::from_utf8_lossy(&bytes(&outer)), String::from_utf8_lossy(&usual), "{text:?}");
        }
    }

    #[test]
    fn what_no_answer_has_is_refused() {
        let refused = |answer: &dyn Fn(&mut Vec<u8>) -> Result<(), NoAnswer>| answer(&mut Vec::new()).is_err();
        assert!(refused(&|out| write(&0.5, out)));
        assert!(refused(&|out| write(&BTreeMap::from([(1, 2)]), out)));
        assert!(refused(&|out| write(&Some(f32::NAN), out)));
    }
}
