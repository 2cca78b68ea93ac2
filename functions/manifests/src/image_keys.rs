//! What a key says about images: `SIDECAR_IMAGE` has one, `imagePullPolicy` has none.

use std::sync::LazyLock;

use krm::table;

/// What the value of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKey {
    /// A reference to an image.
    Image,
    /// References to several images: a list, a mapping, or a text with commas or lines.
    Images,
    /// A reference without tag and digest, which other keys hold.
    Repository,
    /// A registry, or a registry and the beginning of the paths in it.
    Registry,
}

/// The rows of the table: letters, where in the key they are, the role, and an example.
static ROWS: LazyLock<Vec<[&str; 4]>> = LazyLock::new(|| table::rows(include_str!("../data/image-keys.tsv")).collect());

impl ImageKey {
    /// What a key says: the name of a field, of a variable, of a parameter with dots, or of a flag.
    pub fn of(key: &str) -> Option<Self> {
        let letters = letters_of(key);
        let fits = |text: &str, place: &str| match place {
            "is" => letters == text,
            "ends" => letters.ends_with(text),
            "starts" => letters.starts_with(text),
            other => unreachable!("`{other}` is no place in a key"),
        };
        let row = ROWS.iter().find(|[text, place, ..]| fits(text, place));
        row.map(|[_, _, role, _]| Self::of_role(role))
    }

    fn of_role(role: &str) -> Self {
        match role {
            "image" => Self::Image,
            "images" => Self::Images,
            "repository" => Self::Repository,
            "registry" => Self::Registry,
            other => unreachable!("`{other}` is no role of a key"),
        }
    }
}

/// The letters of the last part of a key, in lower case and without joints: `proxyimage` of `sidecar.istio.io/proxyImage`.
pub fn letters_of(key: &str) -> String {
    let last = key.rsplit(['.', '/']).next().unwrap_or_default();
    last.chars().filter(|letter| !matches!(letter, '_' | '-')).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_whether_their_values_are_images() {
        for (key, expected) in [
            ("image", Some(ImageKey::Image)),
            ("PROXY_IMAGE", Some(ImageKey::Image)),
            ("RELATED_IMAGE_KAFKA", Some(ImageKey::Image)),
            ("--config-reloader-image", Some(ImageKey::Image)),
            ("sidecar.istio.io/proxyImage", Some(ImageKey::Image)),
            ("imageName", Some(ImageKey::Image)),
            ("STRIMZI_KAFKA_MIRROR_MAKER_2_IMAGES", Some(ImageKey::Images)),
            ("controller.image.repository", Some(ImageKey::Repository)),
            ("global.imageRegistry", Some(ImageKey::Registry)),
            ("imagePullPolicy", None),
            ("imagePullSecrets", None),
            ("imageTag", None),
            ("IMAGE_DIGEST", None),
            ("imageURL", None),
            ("imageFormat", None),
            ("imageStream", None),
            ("github", None),
            ("name", None),
        ] {
            assert_eq!(ImageKey::of(key), expected, "{key}");
        }
    }

    #[test]
    fn every_row_is_reached() {
        for [letters, place, role, _] in ROWS.iter().copied() {
            let key = match place {
                "starts" => format!("{letters}_X"),
                "ends" => format!("x-{letters}"),
                _ => letters.to_owned(),
            };
            assert_eq!(ImageKey::of(&key), Some(ImageKey::of_role(role)), "{key}");
        }
    }
}
