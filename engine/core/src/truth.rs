//! Three-valued logic: what is not known never grants.

/// What is not known never grants.
// In the order in which `all` takes the least and `any` the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It is not so.
    False,
    /// What it asks about is not known.
    Unknown,
    /// It is so.
    True,
}

impl Truth {
    /// The answer, if there is one.
    pub(crate) fn of(known: Option<bool>) -> Self {
        match known {
            None => Self::Unknown,
            Some(false) => Self::False,
            Some(true) => Self::True,
        }
    }

    /// Unknown stays unknown.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}
