package org

import (
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"

	"strengthen/internal/access"
)

//go:embed data/regions.csv data/municipalities.csv data/terms.csv
var seedFiles embed.FS

// Seed loads the reference data that the program ships into tables that are still empty. What an administrator changed
// afterwards stays.
func (s *Service) Seed(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		tables, err := ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		terms, err := missingTerms(tables)
		if err != nil || len(tables.Regions) > 0 && len(terms) == 0 {
			return err
		}
		if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "tables"}); err != nil {
			return err
		}
		if len(tables.Regions) == 0 {
			if err := seedPlaces(ctx, tx); err != nil {
				return err
			}
		}
		for _, t := range terms {
			if err := tx.PutTerm(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
}

func seedPlaces(ctx context.Context, tx Tx) error {
	err := eachRecord("data/regions.csv", func(r map[string]string) error {
		population, err := strconv.Atoi(r["population_2021"])
		if err != nil {
			return err
		}
		children, err := strconv.Atoi(r["children_0_14_2021"])
		if err != nil {
			return err
		}
		return tx.PutRegion(ctx, Region{
			ID: access.RegionID(r["oblast_code"]), NUTS3: r["nuts3"], ISO: r["iso_3166_2"],
			NameBG: r["name_bg"], NameEN: r["name_en"], CentreBG: r["centre_bg"], CentreEN: r["centre_en"],
			PlanningBG: r["nuts2_name_bg"], PlanningEN: r["nuts2_name_en"], Population: population, Children: children,
		})
	})
	if err != nil {
		return err
	}
	return eachRecord("data/municipalities.csv", func(r map[string]string) error {
		return tx.PutMunicipality(ctx, Municipality{
			ID: r["municipality_code"], Region: access.RegionID(r["oblast_code"]), EKATTE: r["ekatte"],
			NameBG: r["name_bg"], NameEN: r["name_en"],
		})
	})
}

// missingTerms lists the terms that the program ships and that are not there.
func missingTerms(have Tables) ([]Term, error) {
	var all []Term
	err := eachRecord("data/terms.csv", func(r map[string]string) error {
		if _, ok := have.Term(List(r["list"]), r["code"]); ok {
			return nil
		}
		place, err := strconv.Atoi(r["place"])
		if err != nil {
			return err
		}
		all = append(all, Term{
			List: List(r["list"]), Code: r["code"], NameBG: r["name_bg"], NameEN: r["name_en"], Sector: r["sector"],
			Place: place, Active: true,
		})
		return nil
	})
	return all, err
}

// eachRecord reads an embedded CSV file with a header.
func eachRecord(name string, fn func(map[string]string) error) error {
	f, err := seedFiles.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	for i, row := range rows[1:] {
		record := map[string]string{}
		for j, column := range rows[0] {
			record[column] = row[j]
		}
		if err := fn(record); err != nil {
			return fmt.Errorf("%s line %d: %w", name, i+2, err)
		}
	}
	return nil
}
