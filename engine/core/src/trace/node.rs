//! A condition in a trace: what it asks, what was read, and the answer.

use serde_json::Value;
use utoipa::ToSchema;

use crate::truth::Truth;

/// A condition with its answer and those of its parts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct Node {
    /// `all`, `any`, `not`, or the leaf's name.
    pub test: &'static str,
    /// The answer.
    pub answer: Truth,
    /// What the rule asks, as in its document; absent for `all`, `any` and `not`.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Object, required = false)]
    pub asks: Value,
    /// What was read, of any type; null if nothing is known, absent for `all`, `any` and `not`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<Value>,
    /// The parts of `all`, `any` and `not`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion, required = false)]
    pub parts: Vec<Node>,
}
