package web

import (
	"io"
	"net/http"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	uploads "strengthen/internal/upload"
)

// maxAttachment is how large the body of a form with a file may be. It is far more than a file may have: what is too large is
// read to its end and thrown away, so that the browser gets to read why it was refused.
const maxAttachment = 128 << 20

// maxParts is how many fields a form with a file may have.
const maxParts = 8

// Size writes the size of a file.
func (p Page) Size(n int) string {
	if n < 1<<20 {
		return p.Int((n+1023)>>10) + "\u00a0KB"
	}
	return p.Dec(float64(n)/(1<<20), 1) + "\u00a0MB"
}

// attach takes a file out of a form as it arrives: nothing of it touches a disk.
func attach(r *http.Request) (fields map[string]string, name string, body []byte, err error) {
	in, err := r.MultipartReader()
	if err != nil {
		return nil, "", nil, fault.Wrap(err, fault.Invalid, "form.required").At("file")
	}
	fields = map[string]string{}
	for n := 0; ; n++ {
		part, err := in.NextPart()
		if err == io.EOF {
			return fields, name, body, nil
		}
		if err != nil {
			return nil, "", nil, bodyError(err)
		}
		if n >= maxParts {
			return nil, "", nil, fault.New(fault.Invalid, "fault.key")
		}
		limit := int64(1 << 10)
		if part.FormName() == "file" {
			limit = uploads.MaxBytes + 1
		}
		b, err := io.ReadAll(io.LimitReader(part, limit))
		if err != nil {
			return nil, "", nil, bodyError(err)
		}
		switch {
		case part.FormName() == "file":
			name, body = strings.ToValidUTF8(strings.ReplaceAll(part.FileName(), "\x00", ""), ""), b
		case !good(string(b)):
			return nil, "", nil, fault.New(fault.Invalid, "form.text")
		default:
			fields[part.FormName()] = string(b)
		}
	}
}

func (s *Server) attachToCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "notes", s.notes, func(by access.Actor, id casework.CaseID) error {
		fields, name, body, err := attach(r)
		if err != nil {
			return err
		}
		_, err = s.Casework.Attach(r.Context(), by, "file/"+fields["key"], casework.Attachment{Case: id, Part: casework.Compartment(fields["part"])}, name, body)
		return err
	})
}

func (s *Server) attachToSignal(w http.ResponseWriter, r *http.Request) error {
	return s.onSignal(w, r, func(by access.Actor, id casework.SignalID, _ int) error {
		fields, name, body, err := attach(r)
		if err != nil {
			return err
		}
		_, err = s.Casework.Attach(r.Context(), by, "file/"+fields["key"], casework.Attachment{Signal: id}, name, body)
		return err
	})
}

func (s *Server) openFile(w http.ResponseWriter, r *http.Request) error {
	a, body, err := s.Casework.OpenAttachment(r.Context(), visitOf(r).actor(), r.PathValue("id"))
	return download(w, string(a.Name), a.Type, body, err)
}

func (s *Server) removeFile(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Casework.TakeBackAttachment(r.Context(), visitOf(r).actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if a.Case != "" {
		return to(w, r, "/cases/"+string(a.Case)+"/notes", "saved")
	}
	return to(w, r, "/signals/"+string(a.Signal), "saved")
}
