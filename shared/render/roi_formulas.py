"""How each figure of return on investment reckons itself: the formulas of an asset's line and of the last one."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.report import Column, Kind
from shared.render.live_sheets import LiveSheet
from shared.render.roi_ledgers import Sheets

COLUMNS = (
    Column("asset_id", "Asset no.", width=9),
    Column("asset_name", "Asset", width=26),
    Column("asset_type", "Type", width=10),
    Column("purchase_price", "Purchase price", Kind.MONEY),
    Column("current_value", "Current value", Kind.MONEY),
    Column("maintenance_cost", "Maintenance", Kind.MONEY),
    Column("fuel_cost", "Fuel", Kind.MONEY),
    Column("fuel_estimated", "of which estimated", Kind.MONEY),
    Column("insurance_cost", "Insurance", Kind.MONEY),
    Column("other_cost", "Other costs", Kind.MONEY),
    Column("total_cost_of_ownership", "Total cost of ownership", Kind.MONEY, 14),
    Column("net_cost_of_ownership", "Net cost of ownership", Kind.MONEY, 14),
    Column("revenue", "Revenue", Kind.MONEY),
    Column("roi_percentage", "ROI", Kind.PERCENT, 10),
    Column("payback_years", "Payback, years", Kind.NUMBER, 10),
    Column("discounted_payback_years", "Discounted payback, years", Kind.NUMBER, 12),
    Column("days_owned", "Days owned", Kind.WHOLE, 10),
    Column("daily_cost", "Daily cost", Kind.MONEY),
    Column("total_miles", "Miles", Kind.NUMBER),
    Column("cost_per_mile", "Cost a mile", Kind.RATE),
    Column("running_cost_per_mile", "Running cost a mile", Kind.RATE),
    Column("ownership_cost_per_mile", "Ownership cost a mile", Kind.RATE),
    Column("period_miles", "Miles in the period", Kind.NUMBER),
    Column("exact_miles", "Miles, exact", Kind.EXACT),
    Column("exact_period_miles", "Miles in the period, exact", Kind.EXACT, 14),
    Column("fuel_period", "Fuel in the period", Kind.MONEY, 14),
    Column("running_cost", "Running cost in the period", Kind.MONEY, 14),
    Column("fixed_cost", "Fixed cost in the period", Kind.MONEY, 14),
    Column("depreciation", "Depreciation in the period", Kind.MONEY, 14),
    Column("revenue_year", "Revenue in 365 days", Kind.MONEY, 14),
    Column("cost_year", "Operating cost in 365 days", Kind.MONEY, 14),
    Column("surplus", "Surplus a year", Kind.MONEY, 14),
    Column("priced", "Price known", Kind.WHOLE, 8),
    Column("valued", "Price and value known", Kind.WHOLE, 8),
    Column("written", "Depreciation known", Kind.WHOLE, 8),
    Column("benchmark_class", "Class", width=18),
)

_RATIOS: Mapping[str, str] = MappingProxyType(
    {
        "total_cost_of_ownership": (
            '=IF({purchase_price}="","",{purchase_price}+{maintenance_cost}+{fuel_cost}+{insurance_cost}+{other_cost})'
        ),
        "net_cost_of_ownership": '=IF({valued}=0,"",{total_cost_of_ownership}-{current_value})',
        "roi_percentage": (
            '=IF({valued}=0,"",IF({total_cost_of_ownership}<=0,"",ROUND(({revenue}+{current_value}'
            "-{total_cost_of_ownership})/{total_cost_of_ownership}*100,2)))"
        ),
        "payback_years": '=IF({priced}=0,"",IF({surplus}<=0,"never",ROUND({purchase_price}/{surplus},2)))',
        "discounted_payback_years": (
            '=IF({priced}=0,"",IF(OR({surplus}<=0,{purchase_price}*DiscountRate>={surplus}),"never",'
            "IF(DiscountRate=0,{payback_years},"
            "ROUND(-LN(1-{purchase_price}*DiscountRate/{surplus})/LN(1+DiscountRate),2))))"
        ),
        "daily_cost": (
            '=IF({valued}=0,"",ROUND(({purchase_price}-{current_value}+{maintenance_cost})/{days_owned},2))'
        ),
        "total_miles": "=ROUND({exact_miles},2)",
        "cost_per_mile": '=IF(OR({priced}=0,{total_miles}=0),"",ROUND({total_cost_of_ownership}/{total_miles},4))',
        "period_miles": "=ROUND({exact_period_miles},2)",
        "running_cost_per_mile": '=IF({period_miles}=0,"",ROUND({running_cost}/{period_miles},4))',
        "ownership_cost_per_mile": (
            '=IF(OR({written}=0,{period_miles}=0),"",'
            "ROUND(({running_cost}+{fixed_cost}+{depreciation})/{period_miles},4))"
        ),
        "surplus": "=({revenue_year}-{cost_year})*365/MIN(365,{days_owned})",
        "priced": '=IF({purchase_price}="",0,1)',
        "valued": '=IF(OR({purchase_price}="",{current_value}=""),0,1)',
        "written": '=IF({depreciation}="",0,1)',
    }
)


def of_assets(sheets: Sheets) -> dict[str, str]:
    """Answer the formulas of an asset's line, which stands in the row that it has among the assets."""
    return {**_known(sheets), **_sums(sheets), **_RATIOS}


def _known(sheets: Sheets) -> dict[str, str]:
    """Answer what is taken over from the sheet of assets."""

    def of(key: str) -> str:
        return f"'Assets'!${sheets.assets.letter(key)}{{r}}"

    taken = {key: f'=IF({of(key)}="","",{of(key)})' for key in ("purchase_price", "current_value", "depreciation")}
    end = f'IF({of("disposed_on")}="",AsOf,MIN(AsOf,{of("disposed_on")}))'
    return {**taken, "days_owned": f"=MAX(1,{end}-{of('owned_from')})"}


def _sums(sheets: Sheets) -> dict[str, str]:
    """Answer what is summed from the ledgers, each on its own."""
    shop, earned, days = sheets.maintenance, sheets.revenue, sheets.days

    def of(sheet: LiveSheet, key: str, *more: str) -> str:
        return f"SUMIFS({','.join([sheet.all(key), sheet.all('asset_id'), '{asset_id}', *more])})"

    def costs(key: str, *categories: str) -> str:
        kind = sheets.costs.all("category")
        return "+".join(of(sheets.costs, key, kind, f'"{category}"') for category in categories)

    def fuel(key: str) -> str:
        return f"{of(sheets.fuel, key)}+{of(sheets.months, key)}"

    def since(sheet: LiveSheet, key: str, day: str, begin: str) -> str:
        return of(sheet, key, sheet.all(day), f'">="&{begin}')

    repaired = since(shop, "total_cost", "performed_on", "PeriodFrom")
    repaired_year = since(shop, "total_cost", "performed_on", "YearFrom")
    return {
        "maintenance_cost": f"={of(shop, 'total_cost')}",
        "fuel_cost": f"={fuel('to_date')}",
        "fuel_estimated": f"={of(sheets.months, 'to_date')}",
        "insurance_cost": f"={costs('to_date', 'insurance')}",
        "other_cost": f"={of(sheets.costs, 'to_date')}-{{insurance_cost}}",
        "revenue": f"={of(earned, 'amount')}",
        "exact_miles": f"={of(days, 'miles')}",
        "exact_period_miles": f"={since(days, 'miles', 'day', 'PeriodFrom')}",
        "fuel_period": f"={fuel('in_period')}",
        "running_cost": f"={repaired}+{{fuel_period}}+{costs('in_period', 'tyres', 'tolls')}",
        "fixed_cost": f"={costs('in_period', 'insurance', 'finance', 'fees')}",
        "revenue_year": f"={since(earned, 'amount', 'earned_on', 'YearFrom')}",
        "cost_year": f"={repaired_year}+{fuel('in_year')}+{of(sheets.costs, 'in_year')}",
    }


def of_totals(roi: LiveSheet) -> dict[str, str]:
    """Answer the formulas of the last line: sums, and ratios of sums over the assets for which all is known."""

    def total(key: str, flag: str = "") -> str:
        return f"SUMIFS({roi.own(key)},{roi.own(flag)},1)" if flag else f"SUM({roi.own(key)})"

    plain = ("maintenance_cost", "fuel_cost", "fuel_estimated", "insurance_cost", "other_cost", "revenue")
    sums = {key: f"={total(key)}" for key in (*plain, "exact_miles", "exact_period_miles", "running_cost")}
    price, value, owning = total("purchase_price"), total("current_value", "valued"), total("total_cost_of_ownership")
    of_valued, earned = total("total_cost_of_ownership", "valued"), total("revenue", "valued")
    surplus = total("surplus", "priced")
    daily = f"{total('purchase_price', 'valued')}-{value}+{total('maintenance_cost', 'valued')}"
    days = total("days_owned", "valued")
    miles, miles_priced = (f"ROUND({total('exact_miles', flag)},2)" for flag in ("", "priced"))
    driven, driven_written = (f"ROUND({total('exact_period_miles', flag)},2)" for flag in ("", "written"))
    owned = "+".join(total(key, "written") for key in ("running_cost", "fixed_cost", "depreciation"))
    return {
        **sums,
        "purchase_price": f"={price}",
        "current_value": f"={value}",
        "total_cost_of_ownership": f"={owning}",
        "net_cost_of_ownership": f"={of_valued}-{value}",
        "roi_percentage": f'=IF({of_valued}<=0,"",ROUND(({earned}+{value}-{of_valued})/{of_valued}*100,2))',
        "payback_years": f'=IF({total("priced")}=0,"",IF({surplus}<=0,"never",ROUND({price}/{surplus},2)))',
        "daily_cost": f'=IF({days}=0,"",ROUND(({daily})/{days},2))',
        "total_miles": f"={miles}",
        "cost_per_mile": f'=IF({miles_priced}=0,"",ROUND({owning}/{miles_priced},4))',
        "period_miles": f"={driven}",
        "running_cost_per_mile": f'=IF({driven}=0,"",ROUND({total("running_cost")}/{driven},4))',
        "ownership_cost_per_mile": f'=IF({driven_written}=0,"",ROUND(({owned})/{driven_written},4))',
    }


PER_MILE = (
    Column("asset_id", "Asset no.", width=9),
    Column("asset_name", "Asset", width=26),
    Column("asset_type", "Type", width=10),
    Column("benchmark_class", "Class", width=18),
    Column("period_miles", "Miles in the period", Kind.NUMBER),
    Column("fuel_cost", "Fuel", Kind.MONEY),
    Column("running_cost", "Running cost", Kind.MONEY, 14),
    Column("fixed_cost", "Fixed cost", Kind.MONEY, 14),
    Column("depreciation", "Depreciation", Kind.MONEY, 14),
    Column("fuel_cost_per_mile", "Fuel a mile", Kind.RATE),
    Column("running_cost_per_mile", "Running cost a mile", Kind.RATE),
    Column("ownership_cost_per_mile", "Ownership cost a mile", Kind.RATE),
    Column("cost_per_mile", "Cost a mile to date", Kind.RATE),
)
# what a line stands for, as the key of its column
LEADS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "asset": ("asset_id", "asset_name", "asset_type"),
        "asset_type": ("asset_type",),
        "class": ("benchmark_class",),
    }
)


def per_mile_columns(group_by: str) -> tuple[Column, ...]:
    """Answer the columns of lines that stand for that."""
    leads = LEADS[group_by]
    return tuple(column for column in PER_MILE if column.key in leads or column not in PER_MILE[:4])


def per_mile(roi: LiveSheet, group_by: str) -> dict[str, str]:
    """Answer the formulas of a line of costs by the mile: sums over the lines of return on investment it stands for."""
    lead = LEADS[group_by][0]
    return _per_mile(roi, f"{roi.all(lead)},{{{lead}}}")


def per_mile_total(roi: LiveSheet) -> dict[str, str]:
    """Answer the formulas of the last line, over all assets."""
    return _per_mile(roi, f'{roi.all("asset_id")},">0"')


def _per_mile(roi: LiveSheet, these: str) -> dict[str, str]:
    def total(key: str, flag: str = "") -> str:
        more = f",{roi.all(flag)},1" if flag else ""
        return f"SUMIFS({roi.all(key)},{these}{more})"

    def by_mile(cost: str, miles: str) -> str:
        return f'=IF({miles}=0,"",ROUND(({cost})/{miles},4))'

    driven, driven_written = (f"ROUND({total('exact_period_miles', flag)},2)" for flag in ("", "written"))
    owned = "+".join(total(key, "written") for key in ("running_cost", "fixed_cost", "depreciation"))
    return {
        "period_miles": f"={driven}",
        "fuel_cost": f"={total('fuel_period')}",
        "running_cost": f"={total('running_cost')}",
        "fixed_cost": f"={total('fixed_cost')}",
        "depreciation": f"={total('depreciation')}",
        "fuel_cost_per_mile": by_mile(total("fuel_period"), driven),
        "running_cost_per_mile": by_mile(total("running_cost"), driven),
        "ownership_cost_per_mile": by_mile(owned, driven_written),
        "cost_per_mile": by_mile(
            total("total_cost_of_ownership", "priced"), f"ROUND({total('exact_miles', 'priced')},2)"
        ),
    }
