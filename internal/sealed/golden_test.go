package sealed

// Values as they were once sealed under Root{1, 2, 3}.
const (
	goldenFirst = "AcIb/Dovsk0l1cnwms8LCDaju5fvgwTcdPO8mH3FQK/OlkcunA8VES8nvPm8"
	goldenRing  = "AgEBQTW76FwApi234jo6u3AC+lxSmRIWmzJ14zgYvRv55G+Zi6mXtDShES6kdwF73g"
	goldenKey   = "AgEBQTWgtQcQvwQUtJtSYKpF1USLptU7M7g09Mofbvd82BcHElbrbWWPys88NZvZZURT2UVMFyFtfXZcSxvKAzFXUXDAj+IzBBmFbQ"
	goldenValue = "A5DZQpHnw8e5fLwrJhG6Un8lhsAUf5Fy5rQrQHQy71K3qmNXgQJYh8fpzZVteaxX77DfviL8BNkYGxfGCTNBe/IXPQ"
)
