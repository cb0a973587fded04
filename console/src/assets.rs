//! What pages load: a stylesheet and scripts, under names that change with what is in them, so that browsers keep them.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// One file.
pub(crate) struct Asset {
    /// Its address.
    pub(crate) path: String,
    pub(crate) media_type: &'static str,
    pub(crate) content: &'static str,
}

/// Under which every asset is.
pub(crate) const FOLDER: &str = "/assets";

/// The stylesheet.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "css", "text/css; charset=utf-8", include_str!("../assets/console.css")));

/// htmx, as it was published; `assets/` has its licence and checksum.
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("htmx", "js", "text/javascript; charset=utf-8", include_str!("../assets/htmx.min.js")));

/// What drags rows of priorities.
pub(crate) static DRAG: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("drag", "js", "text/javascript; charset=utf-8", include_str!("../assets/drag.js")));

/// What moves the focus.
pub(crate) static FOCUS: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("focus", "js", "text/javascript; charset=utf-8", include_str!("../assets/focus.js")));

impl Asset {
    fn new(name: &str, extension: &str, media_type: &'static str, content: &'static str) -> Self {
        Self { path: format!("{FOLDER}/{name}.{:.16}.{extension}", hex(content)), media_type, content }
    }

    /// The asset of an address.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        [&*STYLE, &*SCRIPT, &*DRAG, &*FOCUS].into_iter().find(|asset| asset.path == path)
    }
}

fn hex(content: &str) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_made_is_as_they_published_it() {
        let files = [
            ("htmx.min.js", include_str!("../assets/htmx.min.js")),
            ("htmx.LICENSE", include_str!("../assets/htmx.LICENSE")),
        ];
        let sums = include_str!("../assets/SHA256SUMS");
        for (name, content) in files {
            assert!(sums.contains(&format!("{}  {name}\n", hex(content))), "{name}");
        }
    }

    #[test]
    fn they_are_as_light_as_they_are_to_be() {
        let (style, script) = (STYLE.content.len(), SCRIPT.content.len() + DRAG.content.len());
        assert!(style <= 24_000 && script <= 48_000, "{style} {script}");
        assert!(Asset::find(&STYLE.path).is_some() && Asset::find("/assets/console.css").is_none());
    }
}
