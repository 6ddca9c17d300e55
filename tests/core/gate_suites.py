"""Small suites of tests in many languages, to be cheated with and to be edited honestly."""

from tests.core.gate_sides import Sides

PY = """
    import shop

    def test_total():
        assert shop.total([1, 2]) == 3
        assert shop.total([]) == 0

    def test_tax():
        cart = shop.Cart()
        assert cart.tax() == 7
    """
JS = """
    describe('cart', () => {
      it('adds', () => {
        const cart = new Cart();
        expect(cart.add(2)).toBe(2);
        expect(cart.items).toEqual([2]);
      });
      it('takes away', () => {
        expect(new Cart().drop(1)).toBe(0);
      });
    });
    """
GO = """
    package shop

    func TestTotal(t *testing.T) {
    \tif got := Total(1, 2); got != 3 {
    \t\tt.Errorf("got %d", got)
    \t}
    }

    func TestTax(t *testing.T) {
    \trequire.Equal(t, 7, Tax(1))
    }
    """
RUST = """
    pub fn total(a: i32, b: i32) -> i32 { a + b }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn adds() {
            assert_eq!(total(1, 2), 3);
        }

        #[tokio::test]
        async fn takes_away() {
            assert!(total(1, -1) == 0);
        }
    }
    """
JAVA = """
    class CartTest {
        @Test
        void adds() {
            assertEquals(3, cart.total());
            assertThat(cart.items()).hasSize(2);
        }

        @Test
        @DisplayName("tax")
        public void tax() {
            assertEquals(7, cart.tax());
        }
    }
    """
KOTLIN = """
    class CartTest {
        @Test
        fun `adds two things`() {
            assertEquals(3, cart.total())
        }
    }
    """
RUBY = """
    RSpec.describe Cart do
      it "adds" do
        expect(cart.total).to eq(3)
      end

      it "taxes" do
        expect(cart.tax).to eq(7)
      end
    end
    """
MINITEST = """
    class CartTest < Minitest::Test
      def test_total
        assert_equal 3, cart.total
      end
    end
    """
CSHARP = """
    public class CartTests
    {
        [Fact]
        public void Adds()
        {
            Assert.Equal(3, cart.Total());
        }

        [Theory]
        [InlineData(1)]
        [InlineData(2)]
        public async Task Taxes(int rate)
        {
            Assert.Equal(rate, cart.Tax(rate));
        }
    }
    """
SWIFT = """
    final class CartTests: XCTestCase {
        func testTotal() {
            XCTAssertEqual(cart.total, 3)
        }
    }
    """
ROWS = """
    @pytest.mark.parametrize(
        ("a", "b"),
        [
            (1, 2),
            (2, 3),
            (3, 4),
        ],
    )
    def test_next(a, b):
        assert after(a) == b
    """


def edited(path: str, text: str, *pairs: tuple[str, str]) -> Sides:
    """One file in which words are replaced."""
    after = text
    for old, new in pairs:
        assert old in after, old
        after = after.replace(old, new)
    return {path: (text, after)}
