//! Forms: fields with their labels, hints and faults. They work without a script.

use askama::Template;

use super::html::Html;

/// How a field is filled.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// One line, of a type of HTML.
    Line(&'static str),
    /// Several lines.
    Area(usize),
    /// One of a list: values and what they are called.
    Choice(Vec<(String, String)>),
    /// Several of a list: values and what they are called.
    Ticks(Vec<(String, String)>),
    /// Yes or no.
    Tick,
    /// A file.
    File,
}

/// One field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) kind: Kind,
    pub(crate) value: String,
    /// What is wrong with what stands there.
    pub(crate) fault: Option<String>,
    pub(crate) is_needed: bool,
    pub(crate) autocomplete: &'static str,
}

impl Search {
    /// The id of a field.
    pub(crate) fn id(field: &Field) -> String {
        format!("by-{}", field.name)
    }
}

impl Field {
    /// One line of text that has to be filled.
    pub(crate) fn new(name: impl Into<String>, label: String) -> Self {
        Self {
            name: name.into(),
            label,
            hint: String::new(),
            kind: Kind::Line("text"),
            value: String::new(),
            fault: None,
            is_needed: true,
            autocomplete: "off",
        }
    }

    /// Filled in another way.
    #[must_use]
    pub(crate) fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// With an explanation.
    #[must_use]
    pub(crate) fn hint(self, hint: String) -> Self {
        Self { hint, ..self }
    }

    /// With what stands there at first.
    #[must_use]
    pub(crate) fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// That may stay empty.
    #[must_use]
    pub(crate) fn optional(self) -> Self {
        Self { is_needed: false, ..self }
    }

    /// That a browser may fill.
    #[must_use]
    pub(crate) fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    fn is_chosen(&self, value: &str) -> bool {
        self.value == value
    }

    /// Whether its hint stands among what is ticked.
    fn is_of_ticks(&self) -> bool {
        matches!(self.kind, Kind::Ticks(_))
    }

    /// Whether one of several is chosen; they stand with commas between.
    fn is_ticked(&self, value: &str) -> bool {
        self.value.split(',').any(|chosen| chosen == value)
    }

    /// What stands in a field of several lines: quotes are no marks there, and JSON has many.
    fn area(&self) -> Html {
        Html::within_area(&self.value)
    }

    /// As a part of a form, under an id.
    pub(crate) fn html(&self, id: impl AsRef<str>) -> Html {
        Html::of(&Shown { field: self, id: id.as_ref() })
    }
}

/// A field with its label, hint and fault.
#[derive(Template)]
#[template(path = "field.html")]
struct Shown<'a> {
    field: &'a Field,
    id: &'a str,
}

/// A form by which a list is searched.
#[derive(Template)]
#[template(
    source = r#"<form method="get" class="search"{% if !address.is_empty() %} action="{{ address }}"{% endif %}>{% for field in fields %}{{ field.html(Self::id(field)) }}{% endfor %}<button class="quiet">{{ submit }}</button></form>"#,
    ext = "html"
)]
pub(crate) struct Search {
    /// Where it leads; to the page itself where it is empty.
    pub(crate) address: &'static str,
    pub(crate) fields: Vec<Field>,
    pub(crate) submit: String,
}

/// A form that takes one step.
#[derive(Clone, Debug, Template)]
#[template(path = "form.html")]
pub(crate) struct Form {
    /// The name of the step on its page; the form's id.
    pub(crate) step: String,
    /// Where it is sent; to the page itself where it is empty.
    pub(crate) address: String,
    pub(crate) fields: Vec<Field>,
    /// What is sent and not shown.
    pub(crate) hidden: Vec<(String, String)>,
    /// What the button says.
    pub(crate) submit: String,
    /// The class of the button: none, `quiet` or `danger`.
    pub(crate) class: &'static str,
    /// What stands behind its fields.
    within: Html,
    /// Where what stands in it is tried as somebody types.
    tried: Option<String>,
    /// A second button: the name that it sends, and what it says.
    also: Option<(&'static str, String)>,
}

impl Form {
    /// A form of a step, with what its button says.
    pub(crate) fn new(step: impl Into<String>, submit: String) -> Self {
        let step = step.into();
        Self {
            step,
            address: String::new(),
            fields: Vec::new(),
            hidden: Vec::new(),
            submit,
            class: "",
            within: Html::default(),
            tried: None,
            also: None,
        }
    }

    /// With a field.
    #[must_use]
    pub(crate) fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// With something that is sent and not shown.
    #[must_use]
    pub(crate) fn hidden(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push((name.to_owned(), value.into()));
        self
    }

    /// Sent elsewhere.
    #[must_use]
    pub(crate) fn to(self, address: impl Into<String>) -> Self {
        Self { address: address.into(), ..self }
    }

    /// With something of its own behind its fields.
    #[must_use]
    pub(crate) fn within(self, within: Html) -> Self {
        Self { within, ..self }
    }

    /// Tried at an address as somebody types, or by a second button that sends a name and says something.
    #[must_use]
    pub(crate) fn tried(self, address: &str, (name, says): (&'static str, String)) -> Self {
        Self { tried: Some(address.to_owned()), also: Some((name, says)), ..self }
    }

    /// Whose button does not stand out.
    #[must_use]
    pub(crate) fn quiet(self) -> Self {
        Self { class: "quiet", ..self }
    }

    /// Whose button warns.
    #[must_use]
    pub(crate) fn danger(self) -> Self {
        Self { class: "danger", ..self }
    }

    fn id(&self, field: &Field) -> String {
        format!("{}-{}", self.step, field.name)
    }

    fn has_file(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.kind, Kind::File))
    }

    /// As a part of a page.
    pub(crate) fn html(&self) -> Html {
        Html::of(self)
    }
}
