-- Personal coupons are found by whose they are, without looking at the others.

CREATE INDEX coupon_by_holder ON avis.followed ((content::json ->> 'holder'))
    WHERE kind = 'coupon' AND content::json ->> 'holder' IS NOT NULL;
