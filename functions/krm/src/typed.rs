//! Reads values as types, as far as they are well formed.

use json_patch::jsonptr::{Pointer, PointerBuf};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

/// A field that does not have the type it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The JSON pointer of the field, from the value that was read.
    pub pointer: PointerBuf,
    /// What is wrong with it, as `invalid type: string "x", expected i32`.
    pub reason: String,
}

/// A value as a type, without the fields that do not fit, and what these are.
///
/// A field that does not fit is taken out, so that it is read as if it were missing; of a list only the item goes. A value
/// that is no object at all gives the default.
pub fn read<T: DeserializeOwned + Default>(value: &Value) -> (T, Vec<Malformed>) {
    // To follow the way to each field takes longer than to read it, and is needed only where one is malformed.
    if let Ok(read) = T::deserialize(value) {
        return (read, Vec::new());
    }
    let mut malformed = Vec::new();
    let mut removed = Removed::default();
    let mut remaining = std::borrow::Cow::Borrowed(value);
    loop {
        let problem = match serde_path_to_error::deserialize(remaining.as_ref()) {
            Ok(read) => return (read, malformed),
            Err(problem) => problem,
        };
        let pointer = pointer_of(problem.path());
        let reason = problem.into_inner().to_string();
        malformed.push(Malformed { pointer: removed.original(&pointer), reason });
        match take_out(remaining.to_mut(), &pointer) {
            Some(gone) => removed.0.push(gone),
            None => return (T::default(), malformed),
        }
    }
}

/// What was taken out so far, in order, each as it was addressed at that time.
#[derive(Default)]
struct Removed(Vec<PointerBuf>);

impl Removed {
    /// Where a field of the remaining value was at first: items behind one that was taken out have moved up.
    fn original(&self, pointer: &Pointer) -> PointerBuf {
        let mut tokens: Vec<String> = pointer.tokens().map(|token| token.decoded().into_owned()).collect();
        for gone in self.0.iter().rev() {
            let Some((parent, last)) = gone.split_back() else { continue };
            let depth = parent.count();
            let is_sibling = tokens.len() > depth
                && parent.tokens().zip(&tokens).all(|(one, other)| one.decoded() == other.as_str());
            if let (true, Ok(gone)) = (is_sibling, last.decoded().parse::<usize>())
                && let Ok(index) = tokens[depth].parse::<usize>()
                && index >= gone
            {
                tokens[depth] = (index + 1).to_string();
            }
        }
        PointerBuf::from_tokens(tokens)
    }
}

fn pointer_of(path: &serde_path_to_error::Path) -> PointerBuf {
    let tokens = path.iter().map_while(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    });
    PointerBuf::from_tokens(tokens.collect::<Vec<_>>())
}

/// Takes a field, or the nearest one around it that is there, out of a value, and says which.
fn take_out(value: &mut Value, pointer: &Pointer) -> Option<PointerBuf> {
    let (parent, token) = pointer.split_back()?;
    let key = token.decoded();
    let is_gone = match value.pointer_mut(parent.as_str()) {
        Some(Value::Array(items)) => match key.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        Some(Value::Object(object)) => object.shift_remove(key.as_ref()).is_some(),
        _ => false,
    };
    if is_gone { Some(pointer.to_buf()) } else { take_out(value, parent) }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_fits_is_read_and_what_does_not_is_told_where_it_is() {
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {
            "selector": "app", "type": "NodePort", "ports": [
                "http", {"port": "80"}, "https", {"port": 81, "name": 1}]}});
        let (service, malformed) = read::<Service>(&service);
        let spec = service.spec.unwrap_or_default();
        let ports: Vec<_> = spec.ports.unwrap_or_default().iter().map(|port| port.port).collect();
        assert_eq!((spec.type_.as_deref(), ports), (Some("NodePort"), vec![0, 81]));
        let places: Vec<_> = malformed.iter().map(|problem| problem.pointer.as_str()).collect();
        let expected = ["/spec/selector", "/spec/ports/0", "/spec/ports/1/port", "/spec/ports/2", "/spec/ports/3/name"];
        assert_eq!(places, expected, "{malformed:?}");
    }

    #[test]
    fn a_value_that_is_no_object_gives_the_default() {
        for value in [json!(null), json!([]), json!("x"), json!(1)] {
            let (service, malformed) = read::<Service>(&value);
            assert_eq!((service, malformed.len()), (Service::default(), 1), "{value}");
        }
    }
}
