package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fold"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

// town is the institutions of a region that work on cases, and who works there.
type town struct {
	region  org.Region
	places  []string // municipalities
	agency  map[string]access.AgencyID
	people  map[string]access.Actor
	names   map[string]org.Person
	trained time.Time // when its training ended; zero while it is to come
}

// seatOf says in which institution somebody of a town works, in which role and profession.
var seatOf = map[string]struct {
	agency, sector, profession string
	role                       access.Role
}{
	"worker": {"sad", "social", "cpd_social_worker", access.Caseworker}, "worker2": {"sad", "social", "case_lead", access.Caseworker}, "head": {"sad", "social", "sad_director", access.Supervisor},
	"inspector": {"police_district", "police", "cpo_inspector", access.Partner}, "prosecutor": {"prosecution", "justice", "prosecutor", access.Partner},
	"expert": {"municipality", "municipality", "municipal_expert", access.Partner}, "teacher": {"school", "education", "pedagogical_counsellor", access.Partner},
	"doctor": {"hospital", "health", "hospital_rep", access.Partner},
}

// firms are the institutions of a town: kind, sector and name.
var firms = [][3]string{
	{"sad", "social", "Дирекция „Социално подпомагане“ %s"}, {"police_district", "police", "Първо районно управление %s"}, {"prosecution", "justice", "Районна прокуратура %s"},
	{"municipality", "municipality", "Община %s"}, {"school", "education", "Основно училище „Изгрев“, %s"}, {"hospital", "health", "Болница „Здраве“, %s"},
}

// townsfolk lists who works in a town, in a fixed order.
var townsfolk = []string{"worker", "worker2", "head", "inspector", "prosecutor", "expert", "teacher", "doctor"}

// settle founds the institutions of every region, and gives their people accounts. The first letters of the regions' capitals tell
// nobody apart: names are drawn by lot.
func (w *World) settle(ctx context.Context) error {
	for _, r := range w.tables.Regions {
		t := &town{region: r, agency: map[string]access.AgencyID{}, people: map[string]access.Actor{}, names: map[string]org.Person{}}
		towns, err := w.Org.Municipalities(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, m := range towns {
			t.places = append(t.places, m.ID)
		}
		for _, f := range firms {
			id, err := w.Org.SaveAgency(ctx, w.manager, access.NewID(), org.Agency{Name: fmt.Sprintf(f[2], r.CentreBG), Kind: f[0], Sector: f[1], Region: r.ID, HeadEmail: headOf(fmt.Sprintf(f[2], r.CentreBG))})
			if err != nil {
				return err
			}
			t.agency[f[0]] = id
		}
		if err := w.Casework.SetTerritory(ctx, w.manager, t.agency["sad"], append([]string{string(r.ID)}, t.places...)); err != nil {
			return err
		}
		if err := w.employ(ctx, t); err != nil {
			return err
		}
		w.towns = append(w.towns, t)
	}
	return nil
}

func headOf(agency string) string {
	return "head." + fold.Email(strings.ReplaceAll(fold.Words(agency), " ", ".")) + "@example.org"
}

func (w *World) employ(ctx context.Context, t *town) error {
	admin := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}}}
	for _, who := range townsfolk {
		x, name := seatOf[who], w.name(w.rnd.Float64() < .7)
		p := org.Person{Name: name, Email: email(name, w.rnd.IntN(9000)+1000), Lang: "bg", Sector: x.sector, Profession: x.profession, Region: t.region.ID}
		id, _, err := w.Org.Invite(ctx, admin, access.NewID(), org.Invitation{Name: name, Email: p.Email, Lang: "bg", Role: x.role, Agency: t.agency[x.agency]})
		if err != nil {
			return err
		}
		note := ""
		if t.region.ID == secondRegion && (who == "worker" || who == "head" || who == "inspector") {
			note = "demo." + who
		}
		if err := w.Org.WelcomeGuest(ctx, id, note); err != nil {
			return err
		}
		t.names[who] = p
		t.people[who] = access.Actor{Person: id, Via: access.ViaSession, Grants: []access.Grant{{Role: x.role, Agency: t.agency[x.agency]}, {Role: access.Member}}}
	}
	return nil
}

// enrol lets those who work on cases apply for the training of their region, which ends on a day: from then on they answer
// sooner.
func (w *World) enrol(ctx context.Context, id training.EventID, region access.RegionID, last calendar.Date) error {
	for _, t := range w.towns {
		if t.region.ID != region {
			continue
		}
		t.trained = last.End()
		for _, who := range townsfolk {
			if who == "prosecutor" || who == "doctor" {
				continue
			}
			firm := ""
			for _, f := range firms {
				if f[0] == seatOf[who].agency {
					firm = fmt.Sprintf(f[2], t.region.CentreBG)
				}
			}
			out, err := w.Training.Apply(ctx, access.Public("demo"), access.NewID(), training.Application{
				Event: id, Person: t.names[who], AgencyName: firm, AgencyKind: seatOf[who].agency, HeadEmail: headOf(firm), Agreed: true,
			})
			if err != nil {
				return err
			}
			w.people[out.Seat] = w.somebody(seatOf[who].sector)
			w.people[out.Seat].diligent = .5 + w.people[out.Seat].diligent/2
		}
	}
	return nil
}

func (w *World) worksOnCases(p access.PersonID) bool {
	for _, t := range w.towns {
		for _, a := range t.people {
			if a.Person == p {
				return true
			}
		}
	}
	return false
}
