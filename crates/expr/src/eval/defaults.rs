//! Values that types have by themselves.

use crate::types::Type;
use crate::value::EnumValue;
use crate::{HostMember, Value};

/// Hosts name a member of an enum; expressions see the member.
pub(super) fn enum_of_host(member: HostMember, value: Value) -> Value {
    let known = crate::registry::known();
    let class = match member {
        HostMember::ProductState => known.product_state,
        HostMember::BackendKind => known.backend_type,
        HostMember::CurrentCarbonIntensity => known.carbon_intensity,
        _ => return value,
    };
    match &value {
        Value::Text(name) => {
            let number = crate::registry::registry().class(class).enum_number(name.as_str());
            number.map_or(Value::Null, |number| Value::Enum(EnumValue { class, number }))
        }
        _ => value,
    }
}

/// `default(T)`.
pub(crate) fn default_value(ty: &Type) -> Value {
    use crate::types::Scalar;
    match ty {
        Type::Scalar(scalar) => match scalar {
            Scalar::Bool => Value::Bool(false),
            Scalar::Char => Value::Char(0),
            Scalar::SByte => Value::SByte(0),
            Scalar::Byte => Value::Byte(0),
            Scalar::Int16 => Value::Int16(0),
            Scalar::UInt16 => Value::UInt16(0),
            Scalar::Int32 => Value::Int32(0),
            Scalar::UInt32 => Value::UInt32(0),
            Scalar::Int64 => Value::Int64(0),
            Scalar::UInt64 => Value::UInt64(0),
            Scalar::Single => Value::Single(0.0),
            Scalar::Double => Value::Double(0.0),
            Scalar::Decimal => Value::Decimal(rust_decimal::Decimal::ZERO),
        },
        Type::Class(class, _) => default_struct(*class),
        _ => Value::Null,
    }
}

fn default_struct(class: crate::types::ClassId) -> Value {
    use crate::value::{DateTime, DateTimeKind, DateTimeOffset};
    let known = crate::registry::known();
    if class == known.date_time {
        return Value::DateTime(DateTime { ticks: 0, kind: DateTimeKind::Unspecified });
    }
    if class == known.date_time_offset {
        return Value::DateTimeOffset(DateTimeOffset { ticks: 0, offset: 0 });
    }
    if class == known.time_span {
        return Value::TimeSpan(0);
    }
    if class == known.guid {
        return Value::Guid([0; 16]);
    }
    match crate::registry::registry().class(class).kind() {
        crate::library::Kind::Enum(_) => Value::Enum(EnumValue { class, number: 0 }),
        _ => Value::Null,
    }
}
