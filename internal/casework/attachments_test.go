package casework_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/testkit"
)

// scan is a PDF of n bytes with a marker at its beginning, in its middle and at its end.
func scan(n int) []byte {
	b := bytes.Repeat([]byte("x"), n)
	copy(b, "%PDF-1.7\nMARKER")
	copy(b[n/2:], "MARKER")
	copy(b[n-13:], "MARKER\n%%EOF\n")
	return b
}

// photograph is a JPEG that carries a marker where telephones write the place.
func photograph(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	segment := "Exif\x00\x00GPS MARKER"
	return append([]byte("\xff\xd8\xff\xe1\x00"+string(rune(len(segment)+2))+segment), b.Bytes()[2:]...)
}

func fileOf(c casework.CaseID, part casework.Compartment) casework.Attachment {
	return casework.Attachment{Case: c, Part: part}
}

// What is kept is what was sent, byte for byte, in pieces of which none can be read in the database.
func TestAFileIsSealedPieceByPiece(t *testing.T) {
	each(t, func(w *world) {
		c, worker := w.opened(), w.person["worker"]
		body := scan(700_000) // four pieces
		id, err := w.s.Attach(w.Context(), worker, "file", fileOf(c.ID, casework.Health), "Епикриза MARKER.pdf", body)
		w.must(err)
		again, err := w.s.Attach(w.Context(), worker, "file", fileOf(c.ID, casework.Health), "Епикриза MARKER.pdf", body)
		w.must(err)
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM attachment_piece"); again != id || n != 4 {
			t.Errorf("sent twice: %q and %q, %d pieces", id, again, n)
		}
		a, got, err := w.s.OpenAttachment(w.Context(), worker, id)
		w.must(err)
		if !bytes.Equal(got, body) || a.Type != "application/pdf" || a.Name != "Епикриза-MARKER.pdf" || a.Size != len(body) {
			t.Errorf("%d bytes of %d, %s", len(got), len(body), a.Type)
		}
		for _, x := range []string{"attachment WHERE name LIKE '%MARKER%'", "attachment_piece WHERE body LIKE '%MARKER%'", "attachment_piece WHERE body LIKE '%xxxxxxxx%'", "case_event WHERE text LIKE '%MARKER%'"} {
			if n := testkit.Count(w, w.db, "SELECT count(*) FROM "+x); n != 0 {
				t.Errorf("in the clear: %s", x)
			}
		}
		// Pieces that change places, and a piece that is missing, do not open.
		w.exec("UPDATE attachment_piece SET n = n + 10 WHERE n IN (1, 2)")
		w.exec("UPDATE attachment_piece SET n = 23 - n - 10 WHERE n > 10")
		if _, got, err := w.s.OpenAttachment(w.Context(), worker, id); err == nil || len(got) > 0 {
			t.Error("swapped pieces open")
		}
		w.exec("UPDATE attachment_piece SET n = n + 10 WHERE n IN (1, 2)")
		w.exec("UPDATE attachment_piece SET n = 23 - n - 10 WHERE n > 10")
		_, _, err = w.s.OpenAttachment(w.Context(), worker, id)
		w.must(err)
		w.exec("DELETE FROM attachment_piece WHERE n = 3")
		if _, got, err := w.s.OpenAttachment(w.Context(), worker, id); err == nil || len(got) > 0 {
			t.Error("a file with a piece missing opens")
		}
	})
}

// What a file is, its content tells; a picture is drawn anew; what is not taken says why, and leaves nothing.
func TestWhatMayBeAttached(t *testing.T) {
	each(t, func(w *world) {
		g, worker := w.give("worker", violence()), w.person["worker"]
		id, err := w.s.Attach(w.Context(), worker, w.key(), casework.Attachment{Signal: g.ID}, "отчет.pdf", photograph(t))
		w.must(err)
		a, body, err := w.s.OpenAttachment(w.Context(), worker, id)
		w.must(err)
		if a.Type != "image/jpeg" || a.Name != "отчет.jpg" || bytes.Contains(body, []byte("MARKER")) || bytes.Contains(body, []byte("Exif")) {
			t.Errorf("a picture called a PDF: %s, %s; the place is kept: %v", a.Type, a.Name, bytes.Contains(body, []byte("MARKER")))
		}
		large := make([]byte, 40<<20)
		copy(large, photograph(t))
		for name, x := range map[string]struct {
			body []byte
			key  string
		}{
			"снимка.jpg": {large, "upload.large"}, "page.pdf": {[]byte("<html><script>alert(1)</script>"), "upload.kind"},
			"cut.jpg": {photograph(t)[:300], "upload.kind"}, "cut.pdf": {scan(5000)[:4000], "upload.broken"}, "empty.jpg": {nil, "form.required"},
		} {
			_, err := w.s.Attach(w.Context(), worker, w.key(), casework.Attachment{Signal: g.ID}, name, x.body)
			w.want(fault.Invalid, err, name)
			if all := fault.All(err); len(all) != 1 || all[0].Field != "file" || all[0].Key != x.key && !(x.key == "upload.kind" && all[0].Key == "upload.broken") {
				t.Errorf("%s: %v", name, err)
			}
		}
		// 13 times 15 MB fit into the 200 MB of a record, and the fourteenth does not. Rows stand for the files.
		for i := range 13 {
			w.exec("INSERT INTO attachment (id, signal_id, name, type, size, added_by, at) VALUES ($1, $2, 'x', 'application/pdf', 15728640, 'x', 'x')", string(rune('a'+i)), string(g.ID))
		}
		_, err = w.s.Attach(w.Context(), worker, w.key(), casework.Attachment{Signal: g.ID}, "another.pdf", scan(15<<20))
		if all := fault.All(err); len(all) != 1 || all[0].Key != "upload.quota" {
			t.Errorf("over the quota: %v", err)
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM attachment_piece WHERE attachment_id <> '"+id+"'"); n != 0 {
			t.Errorf("%d pieces of refused files", n)
		}
	})
}

// A file has no rights of its own: who may not open its part of the case, or the case, opens no file of it.
func TestAFileIsOpenedByTheRightToItsPart(t *testing.T) {
	each(t, func(w *world) {
		c, worker := w.opened(), w.person["worker"]
		w.must(w.s.Invite(w.Context(), worker, w.key(), c.ID, casework.Seat{Agency: w.agency["police"], Person: w.person["inspector"].Person, Function: "inspector"}, 30))
		// expected: what the compartments of a team are, not what the program answers for a file
		files := map[casework.Compartment]string{}
		for _, part := range []casework.Compartment{casework.Core, casework.Health, casework.Police, casework.Voice, casework.Offender} {
			id, err := w.s.Attach(w.Context(), worker, w.key(), fileOf(c.ID, part), "x.pdf", scan(1000))
			w.must(err)
			files[part] = id
		}
		for who, by := range w.person {
			v, err := w.s.OpenCase(w.Context(), by, c.ID)
			seen := map[casework.Compartment]bool{}
			if err == nil {
				seen = v.Parts
			}
			for part, id := range files {
				_, body, err := w.s.OpenAttachment(w.Context(), by, id)
				if (err == nil) != seen[part] || err != nil && len(body) > 0 || err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
					t.Errorf("%s, who sees the part %s: %v, opens its file: %v", who, part, seen[part], err)
				}
			}
		}
		for _, who := range []string{"stranger", "teacher", "manager", "admin", "coordinator"} {
			_, err := w.s.Attach(w.Context(), w.person[who], w.key(), fileOf(c.ID, casework.Core), "x.pdf", scan(1000))
			if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
				t.Errorf("%s attaches to a case: %v", who, err)
			}
		}
		_, err := w.s.Attach(w.Context(), worker, w.key(), fileOf(c.ID, casework.Identity), "x.pdf", scan(1000))
		w.want(fault.Invalid, err, "a file about names, where none are kept")
		_, err = w.s.Attach(w.Context(), worker, w.key(), fileOf(c.ID, "everything"), "x.pdf", scan(1000))
		w.want(fault.Invalid, err, "a part that is none")
		_, _, err = w.s.OpenAttachment(w.Context(), worker, access.NewID())
		w.want(fault.NotFound, err, "a file that is none")
	})
}

// Who takes a file back deletes its content, and the timeline tells that it was there.
func TestAFileIsTakenBack(t *testing.T) {
	each(t, func(w *world) {
		c, worker := w.opened(), w.person["worker"]
		id, err := w.s.Attach(w.Context(), worker, w.key(), fileOf(c.ID, casework.Core), "x.pdf", scan(1000))
		w.must(err)
		if _, err := w.s.TakeBackAttachment(w.Context(), w.person["inspector"], id); err == nil {
			t.Error("somebody else took it back")
		}
		_, err = w.s.TakeBackAttachment(w.Context(), worker, id)
		w.must(err)
		_, _, err = w.s.OpenAttachment(w.Context(), worker, id)
		w.want(fault.NotFound, err, "opening what was taken back")
		_, err = w.s.TakeBackAttachment(w.Context(), worker, id)
		w.want(fault.NotFound, err, "taking back twice")
		pieces, events := testkit.Count(w, w.db, "SELECT count(*) FROM attachment_piece"), testkit.Count(w, w.db, "SELECT count(*) FROM case_event WHERE what LIKE 'file.%'")
		if pieces != 0 || events != 2 {
			t.Errorf("%d pieces, %d events", pieces, events)
		}
	})
}

// Any bytes at all are refused or kept, and never break the server.
func TestAnyBytesAreRefusedOrKept(t *testing.T) {
	db, clock := testkit.SQLite(t)
	w := newWorld(t, db, clock)
	g, draw := w.give("worker", violence()), rand.New(rand.NewPCG(7, 7))
	good := photograph(t)
	for range 200 {
		body := append([]byte{}, good...)
		for range 1 + draw.IntN(20) {
			body[draw.IntN(len(body))] = byte(draw.IntN(256))
		}
		_, err := w.s.Attach(w.Context(), w.person["worker"], w.key(), casework.Attachment{Signal: g.ID}, strings.Repeat("а", draw.IntN(300)), body[:draw.IntN(len(body))])
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	}
}
