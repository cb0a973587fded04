//! What pages are made of: a few kinds of blocks, each with one template, so that each is made accessible once.

mod blocks;
mod chart;
mod form;
mod html;
mod qr;
mod session;

pub(crate) use blocks::{
    Code, Column, Details, Facts, Heading, Listing, Live, Notice, Table, Tone, Ways, go, link, next, tag,
};
pub(crate) use chart::{BurnDown, bars, bars_of};
pub(crate) use form::{Field, Form, Kind, Search};
pub(crate) use html::Html;
pub(crate) use qr::qr;
pub(crate) use session::Session;
