-- Personal coupons are found by whose they are, without looking at the others.

CREATE INDEX coupon_by_holder ON followed (iif(json_valid(content), content ->> '$.holder', NULL))
    WHERE kind = 'coupon' AND iif(json_valid(content), content ->> '$.holder', NULL) IS NOT NULL;
