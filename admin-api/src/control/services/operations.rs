//! The operations on e-services.

use super::{DRAFTED, SHOWN, openings};
use crate::control::operations::{Answers, Operation, act, get, list, make, replace};
use crate::control::policy::Action;
use crate::control::shape::{Field, Kind, REASON};

const BECAUSE: &[Field] = &[REASON];

const EXAMPLE: &str = r#"{"name": {"lv": "Skolēnu abonementi", "en": "Season tickets for pupils"}, "audience": ["pupils"],
    "address": "https://shop.example.lv/pupils", "login": true}"#;

pub(crate) const OPERATIONS: &[Operation] = &[
    list(
        "/services",
        ("services", "E-services that are published, and those of the own party"),
        Action::OpenRead,
        Kind::Object(SHOWN),
        super::list,
    ),
    get("/services/{id}", ("service", "An e-service"), Action::OpenRead, Answers::One(SHOWN), super::read),
    Operation {
        example: Some(EXAMPLE),
        ..make(
            "/services",
            ("make_service", "Draft an e-service; an operator publishes it"),
            Action::ProviderWrite,
            (DRAFTED, SHOWN),
            super::make,
        )
    },
    Operation {
        example: Some(EXAMPLE),
        ..replace(
            "/services/{id}",
            (
                "change_service",
                "Change an e-service; what was published stays so until an operator publishes the change",
            ),
            Action::ProviderWrite,
            (DRAFTED, SHOWN),
            super::change,
        )
    },
    Operation {
        needs_match: true,
        ..act(
            "/services/{id}/publish",
            ("publish_service", "Publish an e-service as it was read"),
            Action::GroundWrite,
            (Some(BECAUSE), SHOWN),
            super::publish,
        )
    },
    act(
        "/services/{id}/withdraw",
        ("withdraw_service", "Withdraw an e-service at once"),
        Action::GroundWrite,
        (Some(BECAUSE), SHOWN),
        super::withdraw,
    ),
    act(
        "/services/{id}/open",
        ("open_service", "Count that a published e-service is opened, and tell where it is"),
        Action::OpenRead,
        (None, openings::OPENED),
        openings::open,
    ),
    list(
        "/services/{id}/openings",
        ("service_openings", "How often an e-service was opened, and by how many, by quarter"),
        Action::Figures,
        Kind::Object(openings::COUNTED),
        openings::list,
    ),
];
