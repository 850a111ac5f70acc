-- A period opens with the balance that the one before it closed with, and goes on with the next transaction.
select
    this.account_id,
    '{type} ' || this.period_start as place,
    format(
        'opens at %%s with transaction %%s; the next at %%s with %%s',
        coalesce(earlier.closing_balance, 0), coalesce(earlier.last_sequence, 0) + 1,
        this.closing_balance, this.last_sequence + 1
    ) as expected,
    format(
        'opens at %%s with transaction %%s; the next at %%s with %%s',
        this.opening_balance, this.first_sequence,
        coalesce(later.opening_balance, this.closing_balance), coalesce(later.first_sequence, this.last_sequence + 1)
    ) as found,
    this.opening_balance = coalesce(earlier.closing_balance, 0)
    and this.first_sequence = coalesce(earlier.last_sequence, 0) + 1
    and (later.opening_balance is null or later.opening_balance = this.closing_balance)
    and (later.first_sequence is null or later.first_sequence = this.last_sequence + 1) as holds
from marts.stats_{type} as this
left join lateral (
    select closing_balance, last_sequence
    from marts.stats_{type} as other
    where other.account_id = this.account_id and other.period_start < this.period_start
    order by other.period_start desc
    limit 1
) as earlier on true
left join lateral (
    select opening_balance, first_sequence
    from marts.stats_{type} as other
    where other.account_id = this.account_id and other.period_start > this.period_start
    order by other.period_start
    limit 1
) as later on true
where this.batch_id > %(since)s
