//! Every bound on size, depth and count that the core keeps, each with its reason.

/// Characters in any text that a terminal or a document sends: long enough for a name, too short to be a burden.
pub const TEXT_CHARACTERS_MAX: usize = 200;
/// Bytes in the code of a provider: with a date and the code of a terminal it is the key of a record, which has at most 300.
pub const PROVIDER_CODE_BYTES_MAX: usize = 200;
/// Bytes in the code of a terminal, as the control plane takes them.
pub const TERMINAL_CODE_BYTES_MAX: usize = 64;
/// Languages of a deployment, and of one text: more than any state writes its forms in.
pub const LANGUAGES_MAX: usize = 64;
/// Bytes in the tag of a language: BCP 47 advises to be ready for 35.
pub const LANGUAGE_TAG_BYTES_MAX: usize = 35;
/// Lines of a request: the longest receipts of a supermarket have about 300.
pub const LINES_MAX: usize = 500;
/// Identifiers presented together: a person has a handful of means.
pub const IDENTIFIERS_MAX: usize = 8;
/// Facts in one context, of a request or of a line.
pub const CONTEXT_FACTS_MAX: usize = 32;
/// Records in one upload of what was sold without a connection: a bus's day.
pub const ADVICES_MAX: usize = 500;
/// Minor units in one amount; ten thousand million euro is beyond any basket.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000;
/// Units of a line.
pub const QUANTITY_MAX: i64 = 1_000_000;
/// Gross of a whole basket, in minor units: leaves room in 64 bits for every sum over it.
pub const BASKET_GROSS_MAX: i64 = 1_000_000_000_000_000_000;
/// One amount of a file, which may be a sum, in minor units: leaves room in 64 bits for what is added to it.
pub const FILE_AMOUNT_MAX: i64 = 1_000_000_000_000_000_000;
/// Bytes of one request, as a body or as a line of a file.
pub const REQUEST_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one holder in a file: a long life's history of facts.
pub const HOLDER_BYTES_MAX: usize = 256 * 1024;
/// Facts of one kind (entitlements, residences, attributes, identifiers) that a holder may have.
pub const HOLDER_FACTS_MAX: usize = 1_000;
/// Bytes of one movement in a file: the longest request's lines with some discounts each.
pub const MOVEMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Statements and contracts in one file: three centuries of months for each of a hundred pairs.
pub const STATEMENTS_MAX: usize = 400_000;
/// Bytes of a catalogue: ten thousand benefits of real size are a tenth of it.
pub const CATALOGUE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Nesting of a condition, by the decision's definition.
pub const CONDITION_DEPTH_MAX: usize = 16;
/// Leaves of a condition, by the decision's definition.
pub const CONDITION_LEAVES_MAX: usize = 256;
/// Entries of one list inside a rule (products, groups, limits, payers, values, suspensions).
pub const RULE_LIST_MAX: usize = 1_000;
/// Limits of one benefit: each is a row to lock and sum at the till.
pub const BENEFIT_LIMITS_MAX: usize = 16;
/// Days by which the look at a fact may be shifted, by the decision's definition: a leap year.
pub const AS_OF_DAYS_MAX: i64 = 366;
/// Dates in one calendar: every day of a century.
pub const CALENDAR_DATES_MAX: usize = 40_000;
/// Days of a rolling window: ten years; longer ones are `lifetime`.
pub const ROLLING_DAYS_MAX: i64 = 3_660;
/// Minutes of a window that begins with its first use: a month; longer ones are windows of dates.
pub const FROM_FIRST_MINUTES_MAX: i64 = 44_640;
/// A benefit's priority, by the decision's definition.
pub const PRIORITY_MAX: i64 = 9_999;
/// Basis points in the whole.
pub const RATE_WHOLE: i64 = 10_000;
/// Faults that one document reports; the rest are counted. Nobody reads more at once.
pub const FAULTS_MAX: usize = 1_000;
/// Rules of earning in one programme, by the definition of loyalty.
pub const LOYALTY_RULES_MAX: usize = 64;
/// Levels of one programme, by the definition of loyalty.
pub const LOYALTY_LEVELS_MAX: usize = 16;
/// Limits of earning or of redeeming in one programme, by the definition of loyalty.
pub const LOYALTY_LIMITS_MAX: usize = 16;
/// Days of the year on which points become active, by the definition of loyalty.
pub const LOYALTY_DATES_MAX: usize = 12;
/// Points or minor units in one field of a programme, by the definition of loyalty.
pub const LOYALTY_POINTS_MAX: i64 = 1_000_000_000;
/// Factors of a programme (`money`, `unit`, `per`, `bonus`), by the definition of loyalty.
pub const LOYALTY_FACTOR_MAX: i64 = 1_000_000;
/// Months until points expire: twenty years.
pub const LOYALTY_MONTHS_MAX: i64 = 240;
/// Days of a programme's dates: ten years.
pub const LOYALTY_DAYS_MAX: i64 = 3_660;
/// Points that one authorization may earn in a programme.
pub const POINTS_OF_AUTHORIZATION_MAX: i64 = 1_000_000_000_000;
/// Programmes at one provider at once: each is an account to lock at the till.
pub const PROGRAMMES_AT_PROVIDER_MAX: usize = 8;
/// Coupons presented together.
pub const COUPONS_MAX: usize = 8;
/// Entries of `redeem` in a request.
pub const REDEMPTIONS_MAX: usize = 16;
/// Rows of a file that is reconciled, by the definition of settlement.
pub const RECONCILED_ROWS_MAX: u64 = 1_000_000;
/// Columns of such a file, by the definition of settlement.
pub const RECONCILED_COLUMNS_MAX: usize = 200;
/// Characters of a cell of such a file, by the definition of settlement.
pub const RECONCILED_CELL_CHARACTERS_MAX: usize = 4_096;
/// Rows of such a file that are listed as unreadable, by the definition of settlement; the rest are counted.
pub const RECONCILED_BAD_ROWS_MAX: usize = 1_000;
/// Bytes of such a file, by the definition of settlement.
pub const RECONCILED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes to which a workbook is unpacked, by the definition of settlement.
pub const UNPACKED_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How many times its size that may be at most, by the definition of settlement.
pub const UNPACKED_RATIO_MAX: u64 = 100;
/// Days of the period over which it is reconciled, by the definition of settlement.
pub const RECONCILED_DAYS_MAX: i32 = 92;
/// Groups of a report.
pub const REPORT_GROUPS_MAX: usize = 100_000;
/// What a terminal may say that a day comes to, in minor units or movements: whole numbers that every language counts exactly.
pub const SUM_MAX: i64 = 9_007_199_254_740_991;

/// Means of one person that are active at once; a wallet has fewer.
pub const ACTIVE_MEANS_MAX: usize = 20;
