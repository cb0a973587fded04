//! The condition of a benefit as nested boxes: all, any and not, and in them what is asked, each with its fields. What a field has no
//! room for is its own JSON, in its box.

use askama::Template;
use avis_admin::control::Refusal;
use serde_json::{Value, json};

use super::filled::Filled;
use super::leaves;
use crate::reading::pretty;
use crate::view::{Field, Html, Kind};
use crate::visit::Visit;

/// How what stands in a box is joined.
const JOINS: [&str; 3] = ["all", "any", "not"];
/// Boxes in boxes: more than JSON of a draft may nest.
const DEPTH_MAX: usize = 128;
/// Conditions in one box: more than a rule may have.
const ROOM_MAX: usize = 1_000;

/// A condition as it stands in fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Conditions that are joined.
    Joined(&'static str, Vec<Self>),
    /// What is asked, with the texts of its fields.
    Leaf(String, Vec<(&'static str, String)>),
    /// What no field has room for.
    Json(String),
}

/// A change of what stands where, by a button beside it.
enum Shape {
    /// Another condition in a box, or beside what stands alone.
    Add,
    /// A box around it.
    Wrap,
    /// What stands in a box, without the box.
    Unwrap,
    /// Nothing there.
    Remove,
}

impl Node {
    /// As a draft has it.
    pub(super) fn of(condition: &Value) -> Self {
        let only = condition.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.iter().next());
        let Some((test, asks)) = only else { return Self::Json(pretty(condition)) };
        let all = |parts: &Vec<Value>| parts.iter().map(Self::of).collect();
        match (test.as_str(), asks) {
            ("all", Value::Array(parts)) if !parts.is_empty() => Self::Joined("all", all(parts)),
            ("any", Value::Array(parts)) if !parts.is_empty() => Self::Joined("any", all(parts)),
            ("not", inner) => Self::Joined("not", vec![Self::of(inner)]),
            _ => {
                let texts = leaves::texts(test, asks);
                texts.map_or_else(|| Self::Json(pretty(condition)), |texts| Self::Leaf(test.clone(), texts))
            }
        }
    }

    /// As it was typed, at a place of the form; none where nothing stands there.
    pub(super) fn typed(visit: &Visit<'_>, place: &str) -> Option<Self> {
        if place.split('.').count() > DEPTH_MAX {
            return None;
        }
        let typed = |name: &str| visit.form.find(&at(place, name));
        if let Some(join) = typed("join") {
            let join = JOINS.into_iter().find(|known| *known == join).unwrap_or("all");
            let parts = (0..).map_while(|part| Self::typed(visit, &format!("{place}.{part}"))).collect();
            return Some(Self::Joined(join, parts));
        }
        if let Some(json) = typed("json") {
            return Some(Self::Json(json.to_owned()));
        }
        let test = typed("test")?;
        let text = |(name, _): &(&'static str, Filled)| (*name, typed(name).unwrap_or_default().trim().to_owned());
        Some(Self::Leaf(test.to_owned(), leaves::fields(test)?.iter().map(text).collect()))
    }

    /// As a draft has it; none of an empty box.
    ///
    /// # Errors
    /// What is typed wrong, at its field.
    pub(super) fn value(&self, place: &str, visit: &Visit<'_>) -> Result<Option<Value>, Refusal> {
        Ok(match self {
            Self::Joined(join, parts) => {
                let parts = parts.iter().enumerate();
                let values = parts.map(|(part, node)| node.value(&format!("{place}.{part}"), visit));
                let mut values: Vec<Value> = values.filter_map(Result::transpose).collect::<Result<_, _>>()?;
                match (*join, values.len()) {
                    (_, 0) => None,
                    ("not", 1) => Some(json!({"not": values.remove(0)})),
                    ("not", _) => Some(json!({"not": {"all": values}})),
                    (join, _) => Some(json!({join: values})),
                }
            }
            Self::Leaf(test, texts) => {
                let read = leaves::value(test, texts);
                let wrong = |name: &str| Visit::at(&at(place, name), &visit.say("places-no-number"));
                Some(json!({test.as_str(): read.map_err(wrong)?}))
            }
            Self::Json(text) => {
                let read = serde_json::from_str(text);
                Some(read.map_err(|error| Visit::at(&at(place, "json"), &visit.no_json(&error)))?)
            }
        })
    }

    /// What stands at a place beneath this one.
    fn find(&mut self, place: &str) -> Option<&mut Self> {
        place.split('.').skip(1).try_fold(self, |node, part| match node {
            Self::Joined(_, parts) => parts.get_mut(part.parse::<usize>().ok()?),
            Self::Leaf(..) | Self::Json(_) => None,
        })
    }
}

/// The name of a field of what stands at a place.
fn at(place: &str, name: &str) -> String {
    format!("n-{place}-{name}")
}

/// The id of what a pointer into a condition leads to, such as `/all/1/age/max`: of a field, else of the box or the leaf around it.
pub(super) fn anchor<'p>(root: &str, pointer: impl Iterator<Item = &'p str>) -> String {
    let (mut place, mut parts) = (root.to_owned(), pointer);
    loop {
        match parts.next() {
            Some("all" | "any") => match parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit())) {
                Some(part) => place = format!("{place}.{part}"),
                None => return format!("n-{place}"),
            },
            Some("not") => place.push_str(".0"),
            test => {
                let fields = test.and_then(leaves::fields).into_iter().flatten();
                let asked = parts.next();
                let field = fields.map(|(name, _)| *name).find(|name| asked == Some(*name));
                return field.map_or_else(|| format!("n-{place}"), |name| at(&place, name));
            }
        }
    }
}

/// The id of the field of a condition in which something was typed wrong, by its pointer.
pub(super) fn typed_at(pointer: &str) -> Option<String> {
    pointer.strip_prefix('/').filter(|name| name.starts_with("n-")).map(str::to_owned)
}

/// The condition that was typed under a name, after the button that was pressed; none where there is none.
///
/// # Errors
/// What is typed wrong, at its field.
pub(super) fn written(visit: &Visit<'_>, root: &str) -> Result<Option<Value>, Refusal> {
    let mut node = Node::typed(visit, root);
    let pressed = visit.form.find("shape").and_then(|shape| shape.split_once(':'));
    if let Some((shape, place)) = pressed.filter(|(_, place)| place.split('.').next() == Some(root)) {
        let shape = match shape {
            "add" => Shape::Add,
            "wrap" => Shape::Wrap,
            "unwrap" => Shape::Unwrap,
            _ => Shape::Remove,
        };
        node = shaped(node, &shape, place, visit.form.text(&at(place, "add")));
    }
    node.map_or(Ok(None), |node| node.value(root, visit))
}

/// The id of the box in which one goes on behind a button that changed what stands where; none where none was pressed.
pub(super) fn goes_on(visit: &Visit<'_>) -> Option<String> {
    let (shape, place) = visit.form.find("shape")?.split_once(':')?;
    let is_there =
        |place: &str| ["join", "test", "json"].iter().any(|name| visit.form.find(&at(place, name)).is_some());
    let place = match shape {
        "add" if visit.form.find(&at(place, "join")).is_some() => {
            let parts = (0..ROOM_MAX).take_while(|part| is_there(&format!("{place}.{part}"))).count();
            format!("{place}.{parts}")
        }
        // Beside what stood alone.
        "add" if is_there(place) => format!("{place}.1"),
        "remove" => place.rsplit_once('.')?.0.to_owned(),
        _ => place.to_owned(),
    };
    Some(format!("n-{place}"))
}

fn shaped(root: Option<Node>, shape: &Shape, place: &str, test: &str) -> Option<Node> {
    let Some(mut root) = root else {
        let fields = leaves::fields(test)?;
        return Some(Node::Leaf(test.to_owned(), fields.iter().map(|(name, _)| (*name, String::new())).collect()));
    };
    if let Shape::Remove = shape {
        let (parent, part) = place.rsplit_once('.')?;
        if let (Some(Node::Joined(_, parts)), Ok(part)) = (root.find(parent), part.parse::<usize>())
            && part < parts.len()
        {
            parts.remove(part);
        }
        return Some(root);
    }
    let new = shaped(None, &Shape::Add, place, test);
    if let Some(node) = root.find(place) {
        match (shape, &mut *node) {
            (Shape::Add, Node::Joined(_, parts)) => parts.extend(new),
            (Shape::Add, alone) => *alone = Node::Joined("all", [alone.clone()].into_iter().chain(new).collect()),
            (Shape::Unwrap, Node::Joined(_, parts)) if parts.len() == 1 => *node = parts.remove(0),
            (Shape::Wrap, inner) => *inner = Node::Joined("any", vec![inner.clone()]),
            _ => {}
        }
    }
    Some(root)
}

/// What a box or a leaf looks like.
#[derive(Template)]
#[template(path = "condition.html")]
struct Boxed<'a> {
    place: &'a str,
    /// The class of a box, or that it is none.
    class: &'static str,
    /// What is read aloud as one comes to it.
    legend: String,
    parts: Vec<Html>,
    buttons: Vec<(&'static str, String)>,
}

/// What is added, and the button that does it.
#[derive(Template)]
#[template(
    source = r#"<div class="adding">{{ choice }}<button class="quiet" name="shape" value="add:{{ place }}">{{ says }}</button></div>"#,
    ext = "html"
)]
struct Adding<'a> {
    choice: Html,
    place: &'a str,
    says: String,
}

/// The boxes of conditions on a page.
pub(super) struct Boxes<'b> {
    pub(super) visit: &'b Visit<'b>,
    /// What is wrong with what stands in the field of an id.
    pub(super) fault: &'b dyn Fn(&str) -> Option<String>,
}

impl Boxes<'_> {
    /// The fields of a condition under a name, and its buttons; of what was sent, or as it is.
    pub(super) fn editor(&self, root: &str, condition: Option<&Value>, is_sent: bool) -> Html {
        let node = if is_sent { Node::typed(self.visit, root) } else { condition.map(Node::of) };
        match &node {
            // In a box others are added there; beside what stands alone they make one.
            Some(joined @ Node::Joined(..)) => self.node(joined, root),
            Some(alone) => Html::joined([self.node(alone, root), self.adding(root)]),
            None => Html::joined([Html::paragraph(self.visit.say("conditions-none")), self.adding(root)]),
        }
    }

    fn adding(&self, place: &str) -> Html {
        let visit = self.visit;
        let choices = leaves::tests().map(|test| (test.to_owned(), visit.word("condition", test))).collect();
        let name = at(place, "add");
        let choice = Field::new(name.clone(), visit.say("conditions-new")).kind(Kind::Choice(choices)).html(&name);
        Html::of(&Adding { choice, place, says: visit.say("conditions-add") })
    }

    fn field(&self, place: &str, name: &str, (label, kind): (String, Kind), value: &str) -> Html {
        let name = at(place, name);
        let mut field = Field::new(name.clone(), label).kind(kind).value(value).optional();
        field.fault = (self.fault)(&name).or_else(|| self.visit.fault(&name));
        self.visit.name_fault(&name, &field);
        field.html(&name)
    }

    fn node(&self, node: &Node, place: &str) -> Html {
        let visit = self.visit;
        let mut buttons = Vec::new();
        let (class, legend, parts) = match node {
            Node::Joined(join, inner) => {
                let joins = JOINS.map(|join| (join.to_owned(), visit.word("box-join", join)));
                let holds = (visit.say("box-holds"), Kind::Choice(joins.into()));
                let mut parts = vec![self.field(place, "join", holds, join)];
                let inside = inner.iter().enumerate();
                parts.extend(inside.map(|(part, inner)| self.node(inner, &format!("{place}.{part}"))));
                parts.push(self.adding(place));
                if inner.len() == 1 {
                    buttons.push(("unwrap", visit.say("conditions-unwrap")));
                }
                ("box", visit.word("box", join), parts)
            }
            Node::Leaf(test, texts) => {
                let mut parts = vec![Html::of(&Hidden { name: at(place, "test"), value: test })];
                for ((name, filled), (_, text)) in leaves::fields(test).into_iter().flatten().zip(texts) {
                    let label = visit.word("condition-field", filled.label(name));
                    parts.push(self.field(place, name, (label, filled.kind(visit, text)), text));
                }
                ("leaf", visit.word("condition", test), parts)
            }
            Node::Json(text) => {
                let json = (visit.say("conditions-json-label"), Kind::Area(6));
                ("leaf", visit.say("conditions-json"), vec![self.field(place, "json", json, text)])
            }
        };
        buttons.push(("wrap", visit.say("conditions-wrap")));
        buttons.push(("remove", visit.say("conditions-remove")));
        Html::of(&Boxed { place, class, legend, parts, buttons })
    }
}

#[derive(Template)]
#[template(source = r#"<input type="hidden" name="{{ name }}" value="{{ value }}">"#, ext = "html")]
struct Hidden<'a> {
    name: String,
    value: &'a str,
}
