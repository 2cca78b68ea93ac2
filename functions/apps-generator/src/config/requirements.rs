//! What must be given is checked once an environment is merged, since a part may leave it out.

use schemars::Schema;

/// Takes the requirements out of a schema.
pub(super) fn required_once_merged(schema: &mut Schema) {
    schema.remove("required");
}
