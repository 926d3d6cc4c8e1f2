//! Numbers as Prometheus reads them.

use std::fmt::Write;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// What the text is, as the client library writes it.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Labels of one number.
pub(super) type Labels = Vec<(&'static str, String)>;

type Number = Gauge<f64, std::sync::atomic::AtomicU64>;

/// A page of numbers, made anew each time: all of them are read, none is counted here.
#[derive(Debug, Default)]
pub(super) struct Page(Registry);

impl Page {
    /// What may go up and down. An empty family keeps its help.
    pub(super) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        let family = Family::<Labels, Number>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.0.register(name, help, family);
    }

    /// One number without labels; its help alone where there is none.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Into<Option<f64>>) {
        match value.into() {
            Some(value) => {
                let gauge = Number::default();
                gauge.set(value);
                self.0.register(name, help, gauge);
            }
            None => self.gauges(name, help, None),
        }
    }

    /// What only goes up while the process lives; `_total` is added to the name.
    pub(super) fn counters(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, u64)>,
    ) {
        let family = Family::<Labels, Counter>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).inc_by(value);
        }
        self.0.register(name, help, family);
    }

    /// What is always so; `_info` is added to the name.
    pub(super) fn info(&mut self, name: &str, help: &str, labels: Labels) {
        self.0.register(name, help, Info::new(labels));
    }

    /// The page as text.
    pub(super) fn write(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        if encode(&mut text, &self.0).is_err() {
            text.clear();
            text.write_str("# EOF\n").ok();
        }
        text
    }
}

/// One label.
pub(super) fn label(name: &'static str, value: impl Into<String>) -> Labels {
    vec![(name, value.into())]
}

/// Two labels.
pub(super) fn labels<const N: usize>(pairs: [(&'static str, &str); N]) -> Labels {
    pairs.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// A count as the format's only type of number.
#[allow(clippy::cast_precision_loss, reason = "a monitor draws it; the catalog has it exactly")]
pub(super) fn number(value: u64) -> f64 {
    value as f64
}

/// An instant in Unix seconds.
#[allow(clippy::cast_precision_loss, reason = "seconds of this millennium fit many times")]
pub(super) fn seconds(at: crate::domain::Timestamp) -> f64 {
    at.as_unix() as f64
}
