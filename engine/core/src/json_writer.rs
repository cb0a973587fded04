//! Values written as JSON, straight to their bytes: those of serde_json in fewer steps, which a test holds. Names of fields and
//! variants are copied as they are, for none of ours has what JSON escapes.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

use crate::scanner::until_stop;

/// For most answers.
const ROOM: usize = 1024;

/// A value as JSON.
///
/// # Errors
/// What JSON does not have: an entry whose key is no text.
pub fn to_json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(ROOM);
    value.serialize(Writer(&mut out))?;
    Ok(out)
}

/// Appends a value.
struct Writer<'a>(&'a mut Vec<u8>);

/// Appends the entries of a list or an object, and what ends it.
struct Entries<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
    end: &'static [u8],
}

impl<'a> Writer<'a> {
    /// Text without anything that JSON escapes.
    fn plain(self, text: &str) {
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
    }

    fn begin(self, begin: u8, end: &'static [u8]) -> Entries<'a> {
        self.0.push(begin);
        Entries { out: self.0, is_first: true, end }
    }

    /// An object with one field, up to its value.
    fn begin_variant(&mut self, name: &str) {
        self.0.push(b'{');
        Writer(self.0).plain(name);
        self.0.push(b':');
    }

    /// What has no shorter way.
    fn other<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        serde_json::to_writer(self.0, value)
    }
}

impl Entries<'_> {
    fn next(&mut self) -> Writer<'_> {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(b',');
        }
        Writer(self.out)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        // What stands around a name is written together.
        let before: &[u8] = if std::mem::take(&mut self.is_first) { b"\"" } else { b",\"" };
        self.out.extend_from_slice(before);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        value.serialize(Writer(self.out))
    }

    fn close(self) -> Result<(), Error> {
        self.out.extend_from_slice(self.end);
        Ok(())
    }
}

/// Methods that write what has no shorter way.
macro_rules! others {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            self.other(&value)
        })*
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Entries<'a>;
    type SerializeTuple = Entries<'a>;
    type SerializeTupleStruct = Entries<'a>;
    type SerializeTupleVariant = Entries<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Entries<'a>;
    type SerializeStructVariant = Entries<'a>;

    others! {
        serialize_bool: bool, serialize_char: char, serialize_bytes: &[u8], serialize_f32: f32, serialize_f64: f64,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        match until_stop(text.as_bytes()) {
            None => self.plain(text),
            Some(_) => self.other(text)?,
        }
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), Error> {
        self.plain(name);
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.begin_variant(name);
        value.serialize(Writer(self.0))?;
        self.0.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Entries<'a>, Error> {
        Ok(self.begin(b'[', b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Entries<'a>, Error> {
        Ok(self.begin(b'[', b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Entries<'a>, Error> {
        Ok(self.begin(b'[', b"]"))
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Entries<'a>, Error> {
        self.begin_variant(name);
        Ok(self.begin(b'[', b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, Error> {
        Ok(self.begin(b'{', b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'a>, Error> {
        Ok(self.begin(b'{', b"}"))
    }

    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Entries<'a>, Error> {
        self.begin_variant(name);
        Ok(self.begin(b'{', b"}}"))
    }
}

/// Traits of lists, whose items have no names.
macro_rules! lists {
    ($($list:ident, $method:ident;)*) => {
        $(impl $list for Entries<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
                item.serialize(self.next())
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })*
    };
}

lists! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
}

/// Traits of objects with known fields.
macro_rules! objects {
    ($($object:ident),*) => {
        $(impl $object for Entries<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        })*
    };
}

objects!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let Writer(out) = self.next();
        let begins = out.len();
        key.serialize(Writer(out))?;
        if out.get(begins) == Some(&b'"') { Ok(()) } else { Err(Error::custom("expected text as a key")) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.push(b':');
        value.serialize(Writer(self.out))
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[derive(serde::Serialize)]
    enum Shape {
        Nothing,
        One(u8),
        Two(i64, &'static str),
        Named { a: Option<bool>, b: char },
    }

    #[derive(serde::Serialize)]
    struct Unit;

    #[derive(serde::Serialize)]
    struct Wrapped(u64);

    #[derive(serde::Serialize)]
    struct Flat<'a> {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u8>,
        #[serde(flatten)]
        beside: BTreeMap<&'a str, i32>,
        list: Vec<f64>,
    }

    fn agree(value: &impl Serialize) {
        let (ours, known) = (to_json(value).unwrap(), serde_json::to_string(value).unwrap());
        assert_eq!(String::from_utf8(ours).unwrap(), known);
    }

    #[test]
    fn every_shape_is_written_as_serde_json_writes_it() {
        let shapes = [Shape::Nothing, Shape::One(1), Shape::Two(i64::MIN, "x"), Shape::Named { a: None, b: '"' }];
        agree(&shapes);
        agree(&(Unit, Wrapped(u64::MAX), (), (1_u16, true), [0_i8; 0], 1.5_f32, f64::NAN, i128::MAX, u128::MAX));
        let beside = BTreeMap::from([("b", 2), ("a", -1)]);
        agree(&Flat { name: "n", absent: None, beside: BTreeMap::new(), list: Vec::new() });
        agree(&Flat { name: "n", absent: Some(0), beside, list: vec![0.5, 1e30] });
        agree(&json!({"a": [1, -2, 2.5, "x\n", true, null, {}, []], "b": {"c\"": {"d": [[0]]}}}));
    }

    #[test]
    fn text_is_escaped_wherever_it_has_to_be() {
        for letter in (0..=0x7f_u8).map(char::from).chain(['ā', '\u{2028}', '😀']) {
            for place in 0..20 {
                agree(&format!("{}{letter}{}", "a".repeat(place), "b".repeat(19 - place)));
            }
        }
    }

    #[test]
    fn a_key_that_is_no_text_is_refused() {
        assert!(to_json(&BTreeMap::from([(1, 2)])).is_err());
    }
}
