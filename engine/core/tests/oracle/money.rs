//! Exact amounts, rounding and largest remainder (4.5, 4.7).

use serde_json::Value;

/// An exact amount: a fraction whose denominator is positive.
#[derive(Clone, Copy)]
pub(crate) struct Exact {
    pub(crate) numerator: i128,
    pub(crate) denominator: i128,
}

impl Exact {
    pub(crate) fn whole(amount: i128) -> Self {
        Exact { numerator: amount, denominator: 1 }
    }

    fn taken_from(self, amount: i128) -> Self {
        Exact { numerator: amount * self.denominator - self.numerator, denominator: self.denominator }
    }
}

// 4.5: "`on: discount` rounds the discount, `on: price` rounds X minus the discount and takes the difference"
pub(crate) fn round_discount(rounding: &Value, discount: Exact, base: i128) -> i128 {
    match rounding["on"].as_str().unwrap_or("discount") {
        "discount" => round(rounding, discount),
        "price" => base - round(rounding, discount.taken_from(base)),
        other => panic!("rounding on {other}"),
    }
}

// 4.5: "to a multiple of `increment`"
fn round(rounding: &Value, amount: Exact) -> i128 {
    let increment = i128::from(rounding["increment"].as_i64().unwrap_or(1));
    let step = amount.denominator * increment;
    let (below, rest) = (amount.numerator.div_euclid(step), amount.numerator.rem_euclid(step));
    let up = match rounding["mode"].as_str().unwrap_or("half_up") {
        "down" => false,
        "up" => rest > 0,
        "half_up" => rest * 2 >= step,
        "half_even" => rest * 2 > step || (rest * 2 == step && below % 2 != 0),
        other => panic!("rounding mode {other}"),
    };
    (if up { below + 1 } else { below }) * increment
}

/// Splits a total by weights: to each the floor of its share, then one more each by largest remainder, ties in order.
pub(crate) fn split(total: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<i128> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut places: Vec<usize> = (0..weights.len()).collect();
    // The sort is stable, so ties stay in order.
    places.sort_by_key(|place| std::cmp::Reverse(total * weights[*place] % sum));
    let mut missing = total - shares.iter().sum::<i128>();
    for place in places {
        if missing > 0 {
            shares[place] += 1;
            missing -= 1;
        }
    }
    shares
}
