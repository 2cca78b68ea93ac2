//! What completions write.

use krm::field::PointerBuf;
use krm::resource_list::{ItemId, Resources};
use serde_json::Value;

/// A value to be written, or an object to be added. Objects are looked at first and changed then.
#[derive(Debug)]
pub(crate) enum Change {
    /// A field of an object gets a value. Mappings on the way to it are made if they are missing.
    Set { id: ItemId, pointer: PointerBuf, value: Value },
    /// An object is added, which an outer overlay renames like the one that it was added beside.
    AddBeside { id: ItemId, object: Value },
}

impl Change {
    /// Makes the change.
    pub(crate) fn apply(self, resources: &mut Resources) {
        match self {
            Self::Set { id, pointer, value } => {
                let object = resources.edit(id);
                let mut place = object;
                for token in &pointer {
                    let key = token.decoded().into_owned();
                    place = match place {
                        Value::Array(items) => match key.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                            Some(item) => item,
                            None => return,
                        },
                        other if other.is_null() || other.is_object() => &mut other[key],
                        _ => return,
                    };
                }
                *place = value;
            }
            Self::AddBeside { id, object } => resources.add_beside(id, object),
        }
    }
}
