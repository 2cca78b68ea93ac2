//! Writes the pages of the site for mdBook: `docs DIRECTORY REPOSITORY`, called by `make docs` at the root of the repository.

use std::path::Path;

use docs::site::Site;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(directory), Some(repository)) = (arguments.next(), arguments.next()) else {
        return Err("usage: docs DIRECTORY REPOSITORY".into());
    };
    Site::of(Path::new("."), &repository)?.write(Path::new(&directory))
}
