//! Numbers that JSON does not have: serde_json would write them as null (spec FA-CLA-7).

use std::fmt::Display;

use serde::ser::{self, Error as _, Serialize};
use serde_json::Error;

type Checked = Result<(), Error>;

/// Fail for a value with a NaN or an infinity anywhere in it.
pub(crate) fn check<T: Serialize + ?Sized>(value: &T) -> Checked {
    value.serialize(Finite)
}

/// A serializer that writes nothing, and looks at every number.
struct Finite;

macro_rules! nothing_to_see {
    ($($method:ident($($kind:ty),*);)*) => {
        $(fn $method(self $(, _: $kind)*) -> Checked { Ok(()) })*
    };
}

macro_rules! look_inside {
    ($($method:ident($($kind:ty),*) -> $name:ident;)*) => {
        $(fn $method(self $(, _: $kind)*) -> Result<Self::$name, Error> { Ok(self) })*
    };
}

impl ser::Serializer for Finite {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    nothing_to_see! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    look_inside! {
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct(&'static str, usize) -> SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }

    fn serialize_f32(self, value: f32) -> Checked {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Checked {
        if value.is_finite() {
            return Ok(());
        }
        Err(Error::custom(format_args!("{value} is no JSON")))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Checked {
        Ok(())
    }
}

macro_rules! look_at_each {
    ($($kind:ident { $($method:ident($($name:ty),*));* })*) => {
        $(impl ser::$kind for Finite {
            type Ok = ();
            type Error = Error;

            $(fn $method<T: Serialize + ?Sized>(&mut self $(, _: $name)*, value: &T) -> Checked {
                check(value)
            })*

            fn end(self) -> Checked {
                Ok(())
            }
        })*
    };
}

look_at_each! {
    SerializeSeq { serialize_element() }
    SerializeTuple { serialize_element() }
    SerializeTupleStruct { serialize_field() }
    SerializeTupleVariant { serialize_field() }
    SerializeMap { serialize_key(); serialize_value() }
    SerializeStruct { serialize_field(&'static str) }
    SerializeStructVariant { serialize_field(&'static str) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use crate::json::{Json, JsonObject};

    #[test]
    fn numbers_that_json_does_not_have_are_refused() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let nested = HashMap::from([("a", vec![Some((1, number))])]);
            let error = JsonObject::new(&nested).expect_err("it is no JSON");
            assert!(error.to_string().ends_with("is no JSON"), "{error}");
        }
        assert!(Json::new(&f32::NAN).is_err());
    }

    #[test]
    fn what_json_can_say_is_written() {
        let nested = HashMap::from([("a", (1.5, "b", [None, Some(true)], ()))]);
        let json = JsonObject::new(&nested).expect("it is JSON");
        assert_eq!(json.get(), r#"{"a":[1.5,"b",[null,true],null]}"#);
        let again = Json::new(&json).expect("a JSON text is JSON");
        assert_eq!(again.get(), json.get());
    }
}
