-- What assets are worth and cost, and what others pay: valuations, benchmarks, and costs summed by asset.
--
-- Every sum of money is cumulative: what falls in a period is what has accrued until its end less what had until its
-- beginning, each rounded to cents, so that neighbouring periods add up to the cent, wherever they are cut.

-- Over how many miles an asset is written off that is written off by use.
ALTER TABLE assets
ADD COLUMN useful_life_miles numeric(12, 1),
ADD CONSTRAINT asset_life_in_miles_is_positive CHECK (useful_life_miles > 0) NOT VALID;

-- What somebody said that an asset is worth on the market, from that day on. A row without an amount says that none is
-- known any more, so that the book value stands again.
CREATE TABLE asset_valuations (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    asset_id bigint NOT NULL,
    as_of date NOT NULL,
    amount numeric(14, 2),
    source text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, asset_id) REFERENCES assets (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT valuation_is_one_a_day UNIQUE (tenant_id, asset_id, as_of),
    CONSTRAINT valuation_is_not_negative CHECK (amount >= 0)
);

-- Figures that others have published. They belong to nobody: every tenant reads the same ones, and the application
-- cannot change them.
CREATE TABLE benchmarks (
    code text PRIMARY KEY,
    benchmark_class text NOT NULL,
    basis text NOT NULL,
    figure numeric(14, 4) NOT NULL,
    figure_to numeric(14, 4),
    unit text NOT NULL,
    currency text,
    annual_miles integer,
    note text,
    year text NOT NULL,
    source text NOT NULL,
    status text NOT NULL,
    CONSTRAINT benchmark_status_is_known CHECK (status IN ('published', 'derived')),
    CONSTRAINT benchmark_names_its_source CHECK (source <> '' AND year <> '' AND benchmark_class <> '' AND basis <> '')
);

-- Which published classes an asset may be compared with: by the benchmark class that it carries in small letters, or by
-- its type where it carries none, and some only with a fuel. A lower rank is nearer.
CREATE TABLE benchmark_classes (
    name text NOT NULL,
    benchmark_class text NOT NULL,
    fuel_type text,
    rank integer NOT NULL,
    PRIMARY KEY (name, benchmark_class)
);

-- A tenant's own figures, which stand before the published ones of the same class and basis.
CREATE TABLE tenant_benchmarks (
    tenant_id bigint NOT NULL REFERENCES tenants (id),
    id bigint GENERATED ALWAYS AS IDENTITY,
    benchmark_class text NOT NULL,
    basis text NOT NULL,
    figure numeric(14, 4) NOT NULL,
    unit text NOT NULL,
    year text NOT NULL,
    source text NOT NULL,
    note text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT own_benchmark_is_one_of_its_kind UNIQUE (tenant_id, benchmark_class, basis),
    CONSTRAINT own_benchmark_is_not_negative CHECK (figure >= 0)
);

SELECT keep_tenants_apart('asset_valuations', 'tenant_benchmarks');
GRANT SELECT, INSERT, UPDATE, DELETE ON asset_valuations, tenant_benchmarks TO motorpool_app;
GRANT SELECT ON benchmarks, benchmark_classes TO motorpool_app;

-- Figures that others have published, each with what it is about, when, and who says so.
INSERT INTO benchmarks (
    code, benchmark_class, basis, figure, figure_to, unit, currency, annual_miles, note, year, source, status
) VALUES
    ('aaa-2025-ownership-year', 'cars and light trucks, composite', 'ownership_cost_per_year', 11577, NULL, '$/yr',
        'USD', NULL, NULL, '2025',
        'AAA, Your Driving Costs 2025, as reported by valdostatoday.com on 17 September 2025', 'published'),
    ('aaa-2025-depreciation-year', 'cars and light trucks, composite', 'depreciation_per_year', 4334, NULL, '$/yr',
        'USD', NULL, NULL, '2025',
        'AAA, Your Driving Costs 2025, as reported by valdostatoday.com on 17 September 2025', 'published'),
    ('aaa-2025-finance-year', 'cars and light trucks, composite', 'finance_per_year', 1131, NULL, '$/yr', 'USD', NULL,
        NULL, '2025', 'AAA, Your Driving Costs 2025, as reported by valdostatoday.com on 17 September 2025',
        'published'),
    ('aaa-2025-fuel-mile', 'cars and light trucks, composite', 'fuel_cost_per_mile', 13.00, NULL, '¢/mi', 'USD', NULL,
        'at $3.151 a gallon and 16.7 ¢ a kWh', '2025',
        'AAA, Your Driving Costs 2025, as reported by valdostatoday.com on 17 September 2025', 'published'),
    ('aaa-2025-ownership-mile', 'cars and light trucks, composite', 'ownership_cost_per_mile', 77.2, NULL, '¢/mi',
        'USD', 15000, '11,577 ÷ 15,000, if driven 15,000 miles a year', '2025',
        'AAA, Your Driving Costs 2025, as reported by valdostatoday.com on 17 September 2025', 'derived'),
    ('aaa-2018-ownership-mile-10000', 'cars and light trucks, composite', 'ownership_cost_per_mile', 75.31, NULL,
        '¢/mi', 'USD', 10000, NULL, '2018', 'AAA, Your Driving Costs 2018', 'published'),
    ('aaa-2018-ownership-mile-15000', 'cars and light trucks, composite', 'ownership_cost_per_mile', 58.99, NULL,
        '¢/mi', 'USD', 15000, NULL, '2018', 'AAA, Your Driving Costs 2018', 'published'),
    ('aaa-2018-ownership-mile-20000', 'cars and light trucks, composite', 'ownership_cost_per_mile', 51.06, NULL,
        '¢/mi', 'USD', 20000, NULL, '2018', 'AAA, Your Driving Costs 2018', 'published'),
    ('aaa-2011-small-sedan', 'small sedan', 'ownership_cost_per_mile_trend', 45.1, NULL, '¢/mi', 'USD', NULL,
        'older series, for trend only', '2011', 'AAA, Your Driving Costs 2011', 'published'),
    ('aaa-2011-medium-sedan', 'medium sedan', 'ownership_cost_per_mile_trend', 57.3, NULL, '¢/mi', 'USD', NULL,
        'older series, for trend only', '2011', 'AAA, Your Driving Costs 2011', 'published'),
    ('aaa-2011-large-sedan', 'large sedan', 'ownership_cost_per_mile_trend', 73.2, NULL, '¢/mi', 'USD', NULL,
        'older series, for trend only', '2011', 'AAA, Your Driving Costs 2011', 'published'),
    ('aaa-2011-suv', 'SUV', 'ownership_cost_per_mile_trend', 74.9, NULL, '¢/mi', 'USD', NULL,
        'older series, for trend only', '2011', 'AAA, Your Driving Costs 2011', 'published'),
    ('aaa-2011-minivan', 'minivan', 'ownership_cost_per_mile_trend', 63.3, NULL, '¢/mi', 'USD', NULL,
        'older series, for trend only', '2011', 'AAA, Your Driving Costs 2011', 'published'),
    ('atri-2025-operating-mile', 'heavy truck', 'operating_cost_per_mile', 2.260, NULL, '$/mi', 'USD', NULL,
        'operating cost holds drivers'' wages', '2025 edition, 2024 data',
        'ATRI, Operational Costs of Trucking 2025, as reported by truckersnews.com and truckinginfo.com on 1 July 2025',
        'published'),
    ('atri-2025-operating-mile-without-fuel', 'heavy truck', 'operating_cost_without_fuel_per_mile', 1.779, NULL,
        '$/mi', 'USD', NULL, 'operating cost holds drivers'' wages', '2025 edition, 2024 data',
        'ATRI, Operational Costs of Trucking 2025, as reported by truckersnews.com and truckinginfo.com on 1 July 2025',
        'published'),
    ('atri-2025-operating-hour', 'heavy truck', 'operating_cost_per_hour', 90.89, NULL, '$/h', 'USD', NULL,
        'operating cost holds drivers'' wages', '2025 edition, 2024 data',
        'ATRI, Operational Costs of Trucking 2025, as reported by truckersnews.com and truckinginfo.com on 1 July 2025',
        'published'),
    ('atri-2025-operating-hour-without-fuel', 'heavy truck', 'operating_cost_without_fuel_per_hour', 71.57, NULL,
        '$/h', 'USD', NULL, 'operating cost holds drivers'' wages', '2025 edition, 2024 data',
        'ATRI, Operational Costs of Trucking 2025, as reported by truckersnews.com and truckinginfo.com on 1 July 2025',
        'published'),
    ('atri-2025-payments-mile', 'heavy truck', 'truck_and_trailer_payments_per_mile', 0.390, NULL, '$/mi', 'USD', NULL,
        NULL, '2025 edition, 2024 data',
        'ATRI, Operational Costs of Trucking 2025, as reported by truckersnews.com and truckinginfo.com on 1 July 2025',
        'published'),
    ('atri-2025-benefits-mile', 'heavy truck', 'driver_benefits_per_mile', 0.197, NULL, '$/mi', 'USD', NULL, NULL,
        '2025 edition, 2024 data',
        'ATRI, Operational Costs of Trucking 2025, as reported by truckersnews.com and truckinginfo.com on 1 July 2025',
        'published'),
    ('atri-2025-empty-miles', 'heavy truck', 'empty_miles_share', 16.7, NULL, '%', NULL, NULL, NULL,
        '2025 edition, 2024 data',
        'ATRI, Operational Costs of Trucking 2025, as reported by truckersnews.com and truckinginfo.com on 1 July 2025',
        'published'),
    ('atri-2025-drivers-per-truck', 'heavy truck', 'drivers_per_truck', 0.93, NULL, 'drivers/truck', NULL, NULL, NULL,
        '2025 edition, 2024 data',
        'ATRI, Operational Costs of Trucking 2025, as reported by truckersnews.com and truckinginfo.com on 1 July 2025',
        'published'),
    ('atri-2019-operating-mile', 'heavy truck', 'operating_cost_per_mile_trend', 1.65, NULL, '$/mi', 'USD', NULL,
        'earlier series, for trend only', '2019', 'ATRI, Operational Costs of Trucking', 'published'),
    ('atri-2017-operating-mile', 'heavy truck', 'operating_cost_per_mile_trend', 1.69, NULL, '$/mi', 'USD', NULL,
        'earlier series, for trend only', '2017', 'ATRI, Operational Costs of Trucking', 'published'),
    ('atri-2018-tractor-miles', 'tractor', 'replacement_miles', 730000, NULL, 'mi', NULL, NULL,
        'kept for more than so many miles before replacement', '2018 edition', 'ATRI, Operational Costs of Trucking',
        'published'),
    ('irs-2026-rate', 'business use of a car', 'reimbursement_per_mile', 72.5, NULL, '¢/mi', 'USD', NULL,
        'standard mileage rate from 1 January 2026', '2026', 'IRS Notice 2026-10', 'published'),
    ('irs-2026-depreciation', 'business use of a car', 'reimbursement_depreciation_part', 35, NULL, '¢/mi', 'USD',
        NULL, 'depreciation part of the standard mileage rate', '2026', 'IRS Notice 2026-10', 'published'),
    ('irs-2025-rate', 'business use of a car', 'reimbursement_per_mile', 70.0, NULL, '¢/mi', 'USD', NULL,
        'standard mileage rate', '2025', 'IRS', 'published'),
    ('irs-2025-depreciation', 'business use of a car', 'reimbursement_depreciation_part', 33, NULL, '¢/mi', 'USD',
        NULL, 'depreciation part of the standard mileage rate', '2025', 'IRS', 'published'),
    ('doe-2015-idle-compact-sedan-gasoline', 'compact sedan, gasoline', 'idle_fuel_per_hour', 0.16, NULL, 'gal/h',
        NULL, NULL, 'without load', '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-compact-sedan-diesel', 'compact sedan, diesel', 'idle_fuel_per_hour', 0.17, NULL, 'gal/h', NULL,
        NULL, 'without load', '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-large-sedan', 'large sedan', 'idle_fuel_per_hour', 0.39, NULL, 'gal/h', NULL, NULL, 'without load',
        '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-medium-heavy-truck-gasoline', 'medium-heavy truck, gasoline', 'idle_fuel_per_hour', 0.84, NULL,
        'gal/h', NULL, NULL, 'without load', '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-medium-heavy-truck-diesel', 'medium-heavy truck, diesel', 'idle_fuel_per_hour', 0.44, NULL,
        'gal/h', NULL, NULL, 'without load', '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-delivery-truck', 'delivery truck', 'idle_fuel_per_hour', 0.84, NULL, 'gal/h', NULL, NULL,
        'without load', '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-tow-truck', 'tow truck', 'idle_fuel_per_hour', 0.59, NULL, 'gal/h', NULL, NULL, 'without load',
        '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-transit-bus', 'transit bus', 'idle_fuel_per_hour', 0.97, NULL, 'gal/h', NULL, NULL, 'without load',
        '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-combination-truck', 'combination truck', 'idle_fuel_per_hour', 0.49, NULL, 'gal/h', NULL, NULL,
        'without load', '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-bucket-truck', 'bucket truck', 'idle_fuel_per_hour', 0.90, NULL, 'gal/h', NULL, NULL,
        'without load', '2015', 'US Department of Energy, Fact #861', 'published'),
    ('doe-2015-idle-tractor-semitrailer', 'tractor-semitrailer', 'idle_fuel_per_hour', 0.64, NULL, 'gal/h', NULL, NULL,
        'without load', '2015', 'US Department of Energy, Fact #861', 'published'),
    ('iowa-passenger-and-light-years', 'passenger and light', 'replacement_years', 10, NULL, 'yr', NULL, NULL,
        'or at the miles, as the source states', 'undated', 'Iowa Department of Administrative Services', 'published'),
    ('iowa-passenger-and-light-miles', 'passenger and light', 'replacement_miles', 120000, NULL, 'mi', NULL, NULL,
        'or at the years, as the source states', 'undated', 'Iowa Department of Administrative Services', 'published'),
    ('iowa-medium-gasoline-years', 'medium, gasoline', 'replacement_years', 10, NULL, 'yr', NULL, NULL,
        'or at the miles, as the source states', 'undated', 'Iowa Department of Administrative Services', 'published'),
    ('iowa-medium-gasoline-miles', 'medium, gasoline', 'replacement_miles', 125000, NULL, 'mi', NULL, NULL,
        'or at the years, as the source states', 'undated', 'Iowa Department of Administrative Services', 'published'),
    ('iowa-medium-diesel-years', 'medium, diesel', 'replacement_years', 10, NULL, 'yr', NULL, NULL,
        'or at the miles, as the source states', 'undated', 'Iowa Department of Administrative Services', 'published'),
    ('iowa-medium-diesel-miles', 'medium, diesel', 'replacement_miles', 200000, NULL, 'mi', NULL, NULL,
        'or at the years, as the source states', 'undated', 'Iowa Department of Administrative Services', 'published'),
    ('iowa-heavy-diesel-years', 'heavy, diesel', 'replacement_years', 10, NULL, 'yr', NULL, NULL,
        'or at the miles, as the source states', 'undated', 'Iowa Department of Administrative Services', 'published'),
    ('iowa-heavy-diesel-miles', 'heavy, diesel', 'replacement_miles', 400000, NULL, 'mi', NULL, NULL,
        'or at the years, as the source states', 'undated', 'Iowa Department of Administrative Services', 'published'),
    ('federal-sedan-years', 'sedan', 'replacement_minimum_years', 3, NULL, 'yr', NULL, NULL,
        'and 60,000 miles: both, in force since 1993', '1994', '59 Federal Register, 9 February 1994', 'published'),
    ('federal-sedan-miles', 'sedan', 'replacement_minimum_miles', 60000, NULL, 'mi', NULL, NULL,
        'and 3 years: both, in force since 1993', '1994', '59 Federal Register, 9 February 1994', 'published'),
    ('st-marys-sedan-own-years', 'sedan', 'replacement_years', 8, NULL, 'yr', NULL, NULL, 'its own policy', 'undated',
        'St. Mary''s County, Maryland', 'published'),
    ('st-marys-sedan-own-miles', 'sedan', 'replacement_miles', 175000, NULL, 'mi', NULL, NULL, 'its own policy',
        'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-sedan-industry-years', 'sedan', 'replacement_years', 5, NULL, 'yr', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-sedan-industry-miles', 'sedan', 'replacement_miles', 100000, NULL, 'mi', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-suv-or-pickup-own-years', 'SUV or pickup', 'replacement_years', 10, NULL, 'yr', NULL, NULL,
        'its own policy', 'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-suv-or-pickup-own-miles', 'SUV or pickup', 'replacement_miles', 150000, NULL, 'mi', NULL, NULL,
        'its own policy', 'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-suv-or-pickup-industry-years', 'SUV or pickup', 'replacement_years', 8, NULL, 'yr', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-suv-or-pickup-industry-miles', 'SUV or pickup', 'replacement_miles', 120000, NULL, 'mi', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-dump-truck-own-years', 'dump truck', 'replacement_years', 12, NULL, 'yr', NULL, NULL, 'its own policy',
        'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-dump-truck-own-miles', 'dump truck', 'replacement_miles', 250000, NULL, 'mi', NULL, NULL,
        'its own policy', 'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-dump-truck-industry-years', 'dump truck', 'replacement_years', 10, NULL, 'yr', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-dump-truck-industry-miles', 'dump truck', 'replacement_miles', 150000, NULL, 'mi', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-heavy-over-12500-lb-own-years', 'heavy, over 12,500 lb', 'replacement_years', 15, NULL, 'yr', NULL,
        NULL, 'its own policy', 'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-heavy-over-12500-lb-own-miles', 'heavy, over 12,500 lb', 'replacement_miles', 250000, NULL, 'mi', NULL,
        NULL, 'its own policy', 'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-heavy-over-12500-lb-industry-years', 'heavy, over 12,500 lb', 'replacement_years', 12, NULL, 'yr', NULL,
        NULL, 'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA',
        'published'),
    ('st-marys-heavy-over-12500-lb-industry-miles', 'heavy, over 12,500 lb', 'replacement_miles', 150000, NULL, 'mi',
        NULL, NULL, 'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA',
        'published'),
    ('st-marys-patrol-own-years', 'patrol', 'replacement_years', 6, NULL, 'yr', NULL, NULL, 'its own policy',
        'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-patrol-own-miles', 'patrol', 'replacement_miles', 125000, NULL, 'mi', NULL, NULL, 'its own policy',
        'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-patrol-industry-years', 'patrol', 'replacement_years', 5, NULL, 'yr', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-patrol-industry-miles', 'patrol', 'replacement_miles', 95000, NULL, 'mi', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-ambulance-own-years', 'ambulance', 'replacement_years', 10, NULL, 'yr', NULL, NULL, 'its own policy',
        'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-ambulance-own-miles', 'ambulance', 'replacement_miles', 100000, NULL, 'mi', NULL, NULL,
        'its own policy', 'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-ambulance-industry-years', 'ambulance', 'replacement_years', 7, NULL, 'yr', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-ambulance-industry-miles', 'ambulance', 'replacement_miles', 70000, NULL, 'mi', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-loader-or-backhoe-own-years', 'loader or backhoe', 'replacement_years', 15, NULL, 'yr', NULL, NULL,
        'its own policy', 'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-loader-or-backhoe-own-hours', 'loader or backhoe', 'replacement_hours', 10000, NULL, 'h', NULL, NULL,
        'its own policy', 'undated', 'St. Mary''s County, Maryland', 'published'),
    ('st-marys-loader-or-backhoe-industry-years', 'loader or backhoe', 'replacement_years', 10, NULL, 'yr', NULL, NULL,
        'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA', 'published'),
    ('st-marys-loader-or-backhoe-industry-hours', 'loader or backhoe', 'replacement_hours', 7000, NULL, 'h', NULL,
        NULL, 'the industry''s figure, citing NAFA', 'undated', 'St. Mary''s County, Maryland, citing NAFA',
        'published'),
    ('afdc-miles-class-8-truck', 'class 8 truck', 'annual_miles', 62751, NULL, 'mi/yr', NULL, NULL,
        'average annual vehicle miles; the chart names no year', 'undated',
        'US Department of Energy, AFDC chart 10309', 'published'),
    ('afdc-miles-transit-bus', 'transit bus', 'annual_miles', 43647, NULL, 'mi/yr', NULL, NULL,
        'average annual vehicle miles; the chart names no year', 'undated',
        'US Department of Energy, AFDC chart 10309', 'published'),
    ('afdc-miles-paratransit', 'paratransit', 'annual_miles', 29429, NULL, 'mi/yr', NULL, NULL,
        'average annual vehicle miles; the chart names no year', 'undated',
        'US Department of Energy, AFDC chart 10309', 'published'),
    ('afdc-miles-refuse-truck', 'refuse truck', 'annual_miles', 25000, NULL, 'mi/yr', NULL, NULL,
        'average annual vehicle miles; the chart names no year', 'undated',
        'US Department of Energy, AFDC chart 10309', 'published'),
    ('afdc-miles-delivery-truck', 'delivery truck', 'annual_miles', 12435, NULL, 'mi/yr', NULL, NULL,
        'average annual vehicle miles; the chart names no year', 'undated',
        'US Department of Energy, AFDC chart 10309', 'published'),
    ('afdc-miles-school-bus', 'school bus', 'annual_miles', 12000, NULL, 'mi/yr', NULL, NULL,
        'average annual vehicle miles; the chart names no year', 'undated',
        'US Department of Energy, AFDC chart 10309', 'published'),
    ('afdc-miles-light-truck-or-van', 'light truck or van', 'annual_miles', 11543, NULL, 'mi/yr', NULL, NULL,
        'average annual vehicle miles; the chart names no year', 'undated',
        'US Department of Energy, AFDC chart 10309', 'published'),
    ('afdc-miles-car', 'car', 'annual_miles', 11467, NULL, 'mi/yr', NULL, NULL,
        'average annual vehicle miles; the chart names no year', 'undated',
        'US Department of Energy, AFDC chart 10309', 'published'),
    ('afdc-miles-motorcycle', 'motorcycle', 'annual_miles', 2312, NULL, 'mi/yr', NULL, NULL,
        'average annual vehicle miles; the chart names no year', 'undated',
        'US Department of Energy, AFDC chart 10309', 'published'),
    ('zonar-hours-a-day', 'any', 'target_hours_per_day', 8, NULL, 'h/day', NULL, NULL, 'default utilization target',
        'undated', 'Zonar', 'published'),
    ('zonar-miles-a-day', 'any', 'target_miles_per_day', 360, NULL, 'mi/day', NULL, NULL, 'default utilization target',
        'undated', 'Zonar', 'published'),
    ('zonar-healthy-band', 'any', 'healthy_share_of_target', 80, 100, '% of target', NULL, NULL, NULL, 'undated',
        'Zonar', 'published'),
    ('dolce-utilization', '20,000 to 30,000 lb', 'utilization', 80, 85, '%', NULL, NULL,
        'special units may be fine at 30 %', 'undated', 'Dolce', 'published'),
    ('austin-availability', 'city fleet', 'availability', 92, NULL, '%', NULL, NULL,
        'operational units ÷ units; the goal is 95', 'FY21-22', 'City of Austin', 'published'),
    ('fleetio-meter', 'any', 'most_meter_miles_per_day', 3000, NULL, 'mi/day', NULL, NULL,
        'a meter entry above is voided', 'undated', 'Fleetio', 'published'),
    ('smartrak-no-show', 'pool booking', 'no_show_release', 30, NULL, 'min', NULL, NULL, 'default', 'undated',
        'Smartrak', 'published'),
    ('cnil-location', 'vehicle location', 'retention', 2, NULL, 'months', NULL, NULL,
        'up to 1 year to prove jobs, 5 years for working time', 'undated', 'CNIL', 'published');

-- A truck, a trailer, a machine or a tool may be anything, so that their type alone names no class.
INSERT INTO benchmark_classes (name, benchmark_class, fuel_type, rank) VALUES
    ('small sedan', 'small sedan', NULL, 1),
    ('small sedan', 'sedan', NULL, 2),
    ('small sedan', 'compact sedan, gasoline', 'gasoline', 3),
    ('small sedan', 'compact sedan, diesel', 'diesel', 4),
    ('small sedan', 'car', NULL, 5),
    ('small sedan', 'passenger and light', NULL, 6),
    ('small sedan', 'cars and light trucks, composite', NULL, 7),
    ('small sedan', 'business use of a car', NULL, 8),
    ('midsize sedan', 'medium sedan', NULL, 1),
    ('midsize sedan', 'sedan', NULL, 2),
    ('midsize sedan', 'car', NULL, 3),
    ('midsize sedan', 'passenger and light', NULL, 4),
    ('midsize sedan', 'cars and light trucks, composite', NULL, 5),
    ('midsize sedan', 'business use of a car', NULL, 6),
    ('large sedan', 'large sedan', NULL, 1),
    ('large sedan', 'sedan', NULL, 2),
    ('large sedan', 'car', NULL, 3),
    ('large sedan', 'passenger and light', NULL, 4),
    ('large sedan', 'cars and light trucks, composite', NULL, 5),
    ('large sedan', 'business use of a car', NULL, 6),
    ('subcompact suv', 'SUV', NULL, 1),
    ('subcompact suv', 'SUV or pickup', NULL, 2),
    ('subcompact suv', 'light truck or van', NULL, 3),
    ('subcompact suv', 'passenger and light', NULL, 4),
    ('subcompact suv', 'cars and light trucks, composite', NULL, 5),
    ('subcompact suv', 'business use of a car', NULL, 6),
    ('compact suv', 'SUV', NULL, 1),
    ('compact suv', 'SUV or pickup', NULL, 2),
    ('compact suv', 'light truck or van', NULL, 3),
    ('compact suv', 'passenger and light', NULL, 4),
    ('compact suv', 'cars and light trucks, composite', NULL, 5),
    ('compact suv', 'business use of a car', NULL, 6),
    ('midsize suv', 'SUV', NULL, 1),
    ('midsize suv', 'SUV or pickup', NULL, 2),
    ('midsize suv', 'light truck or van', NULL, 3),
    ('midsize suv', 'passenger and light', NULL, 4),
    ('midsize suv', 'cars and light trucks, composite', NULL, 5),
    ('midsize suv', 'business use of a car', NULL, 6),
    ('midsize pickup', 'SUV or pickup', NULL, 1),
    ('midsize pickup', 'light truck or van', NULL, 2),
    ('midsize pickup', 'passenger and light', NULL, 3),
    ('midsize pickup', 'cars and light trucks, composite', NULL, 4),
    ('midsize pickup', 'business use of a car', NULL, 5),
    ('half-ton pickup', 'SUV or pickup', NULL, 1),
    ('half-ton pickup', 'light truck or van', NULL, 2),
    ('half-ton pickup', 'passenger and light', NULL, 3),
    ('half-ton pickup', 'cars and light trucks, composite', NULL, 4),
    ('half-ton pickup', 'business use of a car', NULL, 5),
    ('hybrid', 'passenger and light', NULL, 1),
    ('hybrid', 'cars and light trucks, composite', NULL, 2),
    ('hybrid', 'business use of a car', NULL, 3),
    ('electric vehicle', 'passenger and light', NULL, 1),
    ('electric vehicle', 'cars and light trucks, composite', NULL, 2),
    ('electric vehicle', 'business use of a car', NULL, 3),
    ('minivan', 'minivan', NULL, 1),
    ('minivan', 'light truck or van', NULL, 2),
    ('minivan', 'passenger and light', NULL, 3),
    ('minivan', 'cars and light trucks, composite', NULL, 4),
    ('minivan', 'business use of a car', NULL, 5),
    ('light truck or van', 'light truck or van', NULL, 1),
    ('light truck or van', 'passenger and light', NULL, 2),
    ('light truck or van', 'cars and light trucks, composite', NULL, 3),
    ('light truck or van', 'business use of a car', NULL, 4),
    ('delivery truck', 'delivery truck', NULL, 1),
    ('delivery truck', 'medium, gasoline', 'gasoline', 2),
    ('delivery truck', 'medium, diesel', 'diesel', 3),
    ('heavy truck', 'heavy truck', NULL, 1),
    ('heavy truck', 'heavy, diesel', 'diesel', 2),
    ('heavy truck', 'heavy, over 12,500 lb', NULL, 3),
    ('class 8 truck', 'class 8 truck', NULL, 1),
    ('class 8 truck', 'tractor', NULL, 2),
    ('class 8 truck', 'tractor-semitrailer', NULL, 3),
    ('class 8 truck', 'combination truck', NULL, 4),
    ('class 8 truck', 'heavy truck', NULL, 5),
    ('class 8 truck', 'heavy, diesel', 'diesel', 6),
    ('class 8 truck', 'heavy, over 12,500 lb', NULL, 7),
    ('dump truck', 'dump truck', NULL, 1),
    ('dump truck', 'heavy truck', NULL, 2),
    ('dump truck', 'heavy, diesel', 'diesel', 3),
    ('dump truck', 'heavy, over 12,500 lb', NULL, 4),
    ('patrol', 'patrol', NULL, 1),
    ('ambulance', 'ambulance', NULL, 1),
    ('loader or backhoe', 'loader or backhoe', NULL, 1),
    ('refuse truck', 'refuse truck', NULL, 1),
    ('transit bus', 'transit bus', NULL, 1),
    ('school bus', 'school bus', NULL, 1),
    ('paratransit', 'paratransit', NULL, 1),
    ('motorcycle', 'motorcycle', NULL, 1),
    ('tow truck', 'tow truck', NULL, 1),
    ('bucket truck', 'bucket truck', NULL, 1),
    ('type:car', 'car', NULL, 1),
    ('type:car', 'passenger and light', NULL, 2),
    ('type:car', 'cars and light trucks, composite', NULL, 3),
    ('type:car', 'business use of a car', NULL, 4),
    ('type:van', 'light truck or van', NULL, 1),
    ('type:van', 'passenger and light', NULL, 2),
    ('type:van', 'cars and light trucks, composite', NULL, 3),
    ('type:van', 'business use of a car', NULL, 4);

-- What the fleet was said to be worth until now is kept as said on the day when each asset was entered. The rows of all
-- tenants are read, so the owner looks past row security for this statement alone.
ALTER TABLE assets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE asset_valuations NO FORCE ROW LEVEL SECURITY;
INSERT INTO asset_valuations (tenant_id, asset_id, as_of, amount, source)
SELECT a.tenant_id, a.id, (a.created_at AT TIME ZONE t.time_zone)::date AS as_of, a.current_value,
    'asset' AS source
FROM assets AS a
INNER JOIN tenants AS t ON t.id = a.tenant_id
WHERE a.current_value IS NOT NULL;
ALTER TABLE assets FORCE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE asset_valuations FORCE ROW LEVEL SECURITY;

-- Whoever changes what an asset is worth values it: from the day of its record, or from today in the tenant's zone.
-- What the latest valuation says already is not said again.
CREATE FUNCTION keep_valuation() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO asset_valuations (tenant_id, asset_id, as_of, amount, source)
    SELECT
        NEW.tenant_id, NEW.id,
        (CASE WHEN TG_OP = 'INSERT' THEN NEW.created_at ELSE now() END AT TIME ZONE t.time_zone)::date,
        NEW.current_value, 'asset' AS source
    FROM tenants AS t
    WHERE t.id = NEW.tenant_id
        AND NEW.current_value IS DISTINCT FROM (
            SELECT v.amount FROM asset_valuations AS v
            WHERE v.tenant_id = NEW.tenant_id AND v.asset_id = NEW.id
            ORDER BY v.as_of DESC
            LIMIT 1
        )
    ON CONFLICT (tenant_id, asset_id, as_of) DO UPDATE SET amount = excluded.amount, source = excluded.source;
    RETURN NULL;
END
$$;
CREATE TRIGGER asset_is_entered_with_a_value AFTER INSERT ON assets
FOR EACH ROW WHEN (new.current_value IS NOT NULL) EXECUTE FUNCTION keep_valuation();
CREATE TRIGGER asset_is_valued AFTER UPDATE OF current_value ON assets
FOR EACH ROW WHEN (new.current_value IS DISTINCT FROM old.current_value)
EXECUTE FUNCTION keep_valuation();

CREATE TRIGGER touch_analytics AFTER INSERT OR UPDATE OR DELETE ON asset_valuations
FOR EACH STATEMENT EXECUTE FUNCTION touch_analytics();
CREATE TRIGGER touch_analytics AFTER INSERT OR UPDATE OR DELETE ON tenant_benchmarks
FOR EACH STATEMENT EXECUTE FUNCTION touch_analytics();
CREATE TRIGGER touch_analytics_by_life AFTER UPDATE OF useful_life_miles ON assets
FOR EACH STATEMENT EXECUTE FUNCTION touch_analytics();

-- The part of an amount for the days from p_start to p_end that has accrued until the end of a day, in cents.
CREATE FUNCTION accrued(p_amount numeric, p_start date, p_end date, p_day date) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN p_day < p_start THEN 0
    WHEN p_day >= p_end THEN p_amount
    ELSE round(p_amount * (p_day - p_start + 1) / (p_end - p_start + 1), 2)
END;

-- The day of the month so many years on; 29 February becomes the 28th.
CREATE FUNCTION anniversary(p_since date, p_years integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (p_since + make_interval(years => p_years))::date;

-- The whole years from one day to another; none before it begins.
CREATE FUNCTION whole_years(p_since date, p_day date) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(
    0,
    (date_part('year', p_day) - date_part('year', p_since))::integer
    - (anniversary(p_since, (date_part('year', p_day) - date_part('year', p_since))::integer) > p_day)::integer
);

-- From when an asset is owned: its purchase, else when it came into service, else its first use or record.
CREATE FUNCTION owned_from(p_asset assets, p_zone text) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
    p_asset.purchase_date, p_asset.in_service_on,
    least(p_asset.first_used_on, (p_asset.created_at AT TIME ZONE p_zone)::date)
);

-- What an asset is worth on paper at the end of a day, in cents; NULL where its price or its life is not known. Each
-- branch divides once and last, with 20 places, so that half a cent is half a cent.
CREATE FUNCTION book_value(p_asset assets, p_since date, p_day date, p_miles numeric) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    v_day date := least(p_day, p_asset.disposed_on);
    v_price numeric := p_asset.purchase_price;
    v_salvage numeric := least(coalesce(p_asset.salvage_value, 0), p_asset.purchase_price);
    v_life numeric := p_asset.useful_life_years;
    v_life_miles numeric := p_asset.useful_life_miles;
    v_years integer := whole_years(p_since, least(p_day, p_asset.disposed_on));
    v_began date := anniversary(p_since, v_years);
    v_length integer := anniversary(p_since, v_years + 1) - v_began;
    v_days integer := greatest(0, v_day - v_began);
BEGIN
    IF p_asset.depreciation_method = 'units_of_use' AND v_life_miles IS NOT NULL THEN
        RETURN round(
            v_price - ((v_price - v_salvage) * least(greatest(0, p_miles), v_life_miles))::numeric(60, 20) / v_life_miles,
            2
        );
    END IF;
    -- least() looks past what is not known
    IF v_price IS NULL OR v_life IS NULL THEN
        RETURN NULL;
    END IF;
    IF p_asset.depreciation_method = 'declining_balance' THEN
        IF v_life <= 2 THEN
            v_price := CASE v_years WHEN 0 THEN v_price ELSE 0 END;
            v_life := 2;
        ELSIF v_years > 0 THEN
            v_price := v_price * ((v_life - 2)::numeric(30, 20) / v_life) ^ v_years;
        END IF;
        RETURN round(
            greatest(v_salvage, (v_price * (v_life * v_length - 2 * v_days))::numeric(60, 20) / (v_life * v_length)), 2
        );
    END IF;
    IF v_years * v_length + v_days >= v_life * v_length THEN
        RETURN round(v_salvage, 2);
    END IF;
    RETURN round(
        v_price
        - ((v_price - v_salvage) * (v_years * v_length + v_days))::numeric(60, 20) / (v_life * v_length), 2
    );
END
$$;

-- What each asset was said to be worth on a day: by the latest valuation until then, or, where there is none, by the
-- first one of the 31 days that follow.
CREATE FUNCTION market_values(p_tenant_id bigint, p_day date)
RETURNS TABLE (asset_id bigint, as_of date, amount numeric)
LANGUAGE sql STABLE
AS $$
    SELECT DISTINCT ON (v.asset_id) v.asset_id, v.as_of, v.amount
    FROM asset_valuations AS v
    WHERE v.tenant_id = p_tenant_id AND v.as_of <= p_day + 31
    ORDER BY v.asset_id, v.as_of <= p_day DESC, abs(v.as_of - p_day)
$$;

-- The first day of a day's month.
CREATE FUNCTION first_of_month(p_day date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN date_trunc('month', p_day::timestamp)::date;

-- The days on which anything was driven at all, with their month and what each fuel cost; a fuel without a price on a
-- day has none.
CREATE FUNCTION fuel_days(p_tenant_id bigint, p_from date, p_to date)
RETURNS TABLE (day date, month date, fuel_type text, price numeric)
LANGUAGE sql STABLE
AS $$
    SELECT
        d.day::date, first_of_month(d.day::date), f.fuel_type,
        (
            SELECT p.price_per_gallon
            FROM fuel_prices AS p
            WHERE p.tenant_id = p_tenant_id AND p.fuel_type = f.fuel_type AND p.valid_from <= d.day::date
            ORDER BY p.valid_from DESC
            LIMIT 1
        )
    FROM (
        SELECT min(u.day) AS first_day, max(u.day) AS last_day FROM util_daily AS u WHERE u.tenant_id = p_tenant_id
    ) AS known
    CROSS JOIN generate_series(
        greatest(known.first_day, p_from)::timestamp, least(known.last_day, p_to)::timestamp, '1 day'
    ) AS d (day)
    CROSS JOIN unnest(ARRAY['gasoline', 'diesel', 'electric', 'hybrid', 'none']) AS f (fuel_type)
    -- without any use all days would be asked for since the beginning of time
    WHERE known.first_day IS NOT NULL
$$;

-- Planned on its own, and without nested loops: before statistics are gathered they are taken for cheap.
--
-- What each asset cost, brought in and drove from a day to another: each kind is summed alone and then set beside the
-- others, so that none multiplies another. `fuel_paid` is what was paid in months in which any payment for fuel falls;
-- in the others `fuel_estimated` is gallons at the day's price, and `unpriced_e6` are gallons of days without a price.
CREATE FUNCTION asset_costs(p_tenant_id bigint, p_from date, p_to date, p_asset_type text, p_asset_id bigint)
RETURNS TABLE (
    asset_id bigint, maintenance numeric, maintenance_rows bigint, fuel_paid numeric, fuel_paid_rows bigint,
    fuel_estimated numeric, estimated_e6 numeric, unpriced_e6 numeric, insurance numeric, finance numeric,
    fees numeric, tyres numeric, tolls numeric, accident numeric, other numeric, estimated_days bigint,
    revenue numeric, revenue_rows bigint, miles_e6 numeric, fuel_e6 numeric, active_days bigint,
    trips_without_distance bigint
)
LANGUAGE sql STABLE
SET enable_nestloop = off
SET enable_mergejoin = off
SET work_mem = '32MB'
SET jit = off
AS $$
    WITH chosen AS MATERIALIZED (
        SELECT a.id, coalesce(a.fuel_type, 'none') AS fuel_type
        FROM assets AS a
        WHERE a.tenant_id = p_tenant_id
            AND (p_asset_type IS NULL OR a.asset_type = p_asset_type) AND (p_asset_id IS NULL OR a.id = p_asset_id)
    ),

    shop AS (
        SELECT m.asset_id, sum(m.total_cost) AS amount, count(*) AS entries
        FROM maintenance_records AS m
        WHERE m.tenant_id = p_tenant_id AND m.performed_on BETWEEN p_from AND p_to
            AND (p_asset_id IS NULL OR m.asset_id = p_asset_id)
        GROUP BY m.asset_id
    ),

    earned AS (
        SELECT r.asset_id, sum(r.amount) AS amount, count(*) AS entries
        FROM revenue_entries AS r
        WHERE r.tenant_id = p_tenant_id AND r.earned_on BETWEEN p_from AND p_to
            AND (p_asset_id IS NULL OR r.asset_id = p_asset_id)
        GROUP BY r.asset_id
    ),

    -- by category first: nine conditions on each entry take twice as long
    paid AS (
        SELECT
            e.asset_id, e.category, count(*) AS entries,
            sum(CASE
                WHEN e.period_start >= p_from AND e.period_end <= p_to THEN e.amount
                ELSE accrued(e.amount, e.period_start, e.period_end, p_to)
                    - accrued(e.amount, e.period_start, e.period_end, p_from - 1)
            END) AS amount
        FROM cost_entries AS e
        WHERE e.tenant_id = p_tenant_id AND e.period_start <= p_to AND e.period_end >= p_from
            AND (p_asset_id IS NULL OR e.asset_id = p_asset_id)
        GROUP BY e.asset_id, e.category
    ),

    spent AS (
        SELECT
            p.asset_id,
            sum(p.amount) FILTER (WHERE p.category = 'fuel') AS fuel,
            (sum(p.entries) FILTER (WHERE p.category = 'fuel'))::bigint AS fuel_entries,
            sum(p.amount) FILTER (WHERE p.category = 'insurance') AS insurance,
            sum(p.amount) FILTER (WHERE p.category = 'finance') AS finance,
            sum(p.amount) FILTER (WHERE p.category = 'fees') AS fees,
            sum(p.amount) FILTER (WHERE p.category = 'tyres') AS tyres,
            sum(p.amount) FILTER (WHERE p.category = 'tolls') AS tolls,
            sum(p.amount) FILTER (WHERE p.category = 'accident') AS accident,
            sum(p.amount) FILTER (WHERE p.category = 'other') AS other
        FROM paid AS p
        GROUP BY p.asset_id
    ),

    -- once, and not for each row of use
    days AS MATERIALIZED (
        SELECT f.day, f.month, f.fuel_type, f.price FROM fuel_days(p_tenant_id, first_of_month(p_from), p_to) AS f
    ),

    -- a week counts whole where neither the period nor another price cuts it
    weeks AS MATERIALIZED (
        SELECT
            week_of(d.day) AS first_day, d.month, d.fuel_type, min(d.price) AS price,
            count(*) = week_end(week_of(d.day)) - week_of(d.day) + 1
            AND (week_of(d.day) >= p_from OR week_end(week_of(d.day)) < p_from)
            AND count(DISTINCT d.price) <= 1 AND count(d.price) IN (0, count(*)) AS is_whole
        FROM days AS d
        GROUP BY week_of(d.day), week_end(week_of(d.day)), d.month, d.fuel_type
    ),

    ends AS MATERIALIZED (
        SELECT d.day, d.month, d.fuel_type, d.price
        FROM days AS d
        INNER JOIN weeks AS w ON w.first_day = week_of(d.day) AND w.fuel_type = d.fuel_type
        WHERE NOT w.is_whole
    ),

    used AS (
        SELECT
            w.asset_id, k.month, k.price, k.first_day >= p_from AS is_within, w.all_miles_e6 AS miles_e6,
            w.all_fuel_e6 AS fuel_e6, w.driven_days AS days, w.fuel_days, w.trips_without_distance
        FROM (
            SELECT w.*, c.fuel_type
            FROM util_weekly AS w
            INNER JOIN chosen AS c ON c.id = w.asset_id
            WHERE w.tenant_id = p_tenant_id AND w.first_day BETWEEN first_of_month(p_from) AND p_to
                AND (p_asset_id IS NULL OR w.asset_id = p_asset_id)
            -- a fence: assets times weeks would else be joined to use
            OFFSET 0
        ) AS w
        INNER JOIN weeks AS k ON k.first_day = w.first_day AND k.fuel_type = w.fuel_type AND k.is_whole
        UNION ALL
        SELECT
            c.id, e.month, e.price, e.day >= p_from, u.miles_e6, u.fuel_e6, (u.trips_count > 0)::integer,
            (u.fuel_e6 > 0)::integer, u.trips_without_distance
        FROM util_daily AS u
        INNER JOIN chosen AS c ON c.id = u.asset_id
        INNER JOIN ends AS e ON e.day = u.day AND e.fuel_type = c.fuel_type
        WHERE u.tenant_id = p_tenant_id AND u.day = ANY(array(SELECT DISTINCT e.day FROM ends AS e))
            AND (p_asset_id IS NULL OR u.asset_id = p_asset_id)
    ),

    months AS (
        SELECT
            u.asset_id, u.month,
            sum(u.miles_e6) FILTER (WHERE u.is_within) AS miles_e6,
            sum(u.fuel_e6) FILTER (WHERE u.is_within) AS fuel_e6,
            sum(u.days) FILTER (WHERE u.is_within) AS days,
            sum(u.fuel_days) FILTER (WHERE u.is_within) AS fuel_days,
            sum(u.trips_without_distance) FILTER (WHERE u.is_within) AS trips_without_distance,
            sum(u.fuel_e6) FILTER (WHERE u.is_within AND u.price IS NULL) AS unpriced_e6,
            round(coalesce(sum(u.fuel_e6 * u.price), 0) / 1000000, 2)
            - round(coalesce(sum(u.fuel_e6 * u.price) FILTER (WHERE NOT u.is_within), 0) / 1000000, 2) AS estimated
        FROM used AS u
        GROUP BY u.asset_id, u.month
    ),

    receipts AS (
        SELECT DISTINCT
            e.asset_id, first_of_month(e.period_start) AS first_month, first_of_month(e.period_end) AS last_month
        FROM cost_entries AS e
        WHERE e.tenant_id = p_tenant_id AND e.category = 'fuel'
            AND e.period_start < (first_of_month(p_to) + interval '1 month')::date
            AND e.period_end >= first_of_month(p_from)
            AND (p_asset_id IS NULL OR e.asset_id = p_asset_id)
    ),

    -- hardly a receipt is of several months
    paid_months AS (
        SELECT r.asset_id, r.first_month AS month FROM receipts AS r
        UNION
        SELECT r.asset_id, m.day::date
        FROM receipts AS r
        CROSS JOIN generate_series(r.first_month::timestamp, r.last_month::timestamp, '1 month') AS m (day)
        WHERE r.last_month > r.first_month
    ),

    driven AS (
        SELECT
            m.asset_id, sum(m.miles_e6) AS miles_e6, sum(m.fuel_e6) AS fuel_e6, sum(m.days) AS days,
            sum(m.trips_without_distance) AS trips_without_distance,
            sum(m.estimated) FILTER (WHERE p.month IS NULL) AS estimated,
            sum(m.fuel_e6) FILTER (WHERE p.month IS NULL) AS estimated_e6,
            sum(m.fuel_days) FILTER (WHERE p.month IS NULL) AS estimated_days,
            sum(m.unpriced_e6) FILTER (WHERE p.month IS NULL) AS unpriced_e6
        FROM months AS m
        LEFT JOIN paid_months AS p ON p.asset_id = m.asset_id AND p.month = m.month
        GROUP BY m.asset_id
    )

    SELECT
        c.id, coalesce(shop.amount, 0), coalesce(shop.entries, 0), coalesce(spent.fuel, 0),
        coalesce(spent.fuel_entries, 0), coalesce(driven.estimated, 0), coalesce(driven.estimated_e6, 0),
        coalesce(driven.unpriced_e6, 0), coalesce(spent.insurance, 0), coalesce(spent.finance, 0),
        coalesce(spent.fees, 0), coalesce(spent.tyres, 0), coalesce(spent.tolls, 0), coalesce(spent.accident, 0),
        coalesce(spent.other, 0), coalesce(driven.estimated_days, 0)::bigint, coalesce(earned.amount, 0),
        coalesce(earned.entries, 0), coalesce(driven.miles_e6, 0), coalesce(driven.fuel_e6, 0),
        coalesce(driven.days, 0)::bigint, coalesce(driven.trips_without_distance, 0)::bigint
    FROM chosen AS c
    LEFT JOIN shop ON shop.asset_id = c.id
    LEFT JOIN earned ON earned.asset_id = c.id
    LEFT JOIN spent ON spent.asset_id = c.id
    LEFT JOIN driven ON driven.asset_id = c.id
$$;

CREATE VIEW vw_asset_roi_summary WITH (security_invoker = true) AS
SELECT
    s.asset_id, s.asset_name, s.purchase_price AS initial_investment, s.current_value,
    s.maintenance AS total_maintenance_cost, s.fuel AS total_fuel_cost, s.days_owned,
    round((s.purchase_price - s.current_value + s.maintenance) / s.days_owned, 2) AS daily_cost,
    s.miles AS total_miles,
    round((s.purchase_price + s.maintenance + s.fuel + s.others) / nullif(s.miles, 0), 4) AS cost_per_mile
FROM (
    SELECT
        a.id AS asset_id, a.asset_name, a.purchase_price, c.maintenance, c.fuel_paid + c.fuel_estimated AS fuel,
        c.insurance + c.finance + c.fees + c.tyres + c.tolls + c.accident + c.other AS others,
        greatest(1, least(day.today, a.disposed_on) - owned_from(a, t.time_zone)) AS days_owned,
        round(c.miles_e6 / 1000000, 2) AS miles,
        coalesce(
            v.amount, book_value(a, owned_from(a, t.time_zone), day.today, c.miles_e6 / 1000000)
        ) AS current_value
    FROM tenants AS t
    CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE t.time_zone)::date AS today) AS day
    CROSS JOIN asset_costs(t.id, '-infinity', day.today, NULL, NULL) AS c
    INNER JOIN assets AS a ON a.tenant_id = t.id AND a.id = c.asset_id
    LEFT JOIN market_values(t.id, day.today) AS v ON v.asset_id = a.id
    WHERE t.id = current_tenant_id()
) AS s;
GRANT SELECT ON vw_asset_roi_summary TO motorpool_app;
